import type { XNode } from '@spawnkit/guest-config';
import type { Vif } from '@spawnkit/instance';
import type { GuestPolicy } from './guest-policy.ts';

const namespace = 'http://openstack.org/xmlns/libvirt/nova/1.1';

/** Nova's record of the instance inside its domain, by which tools of a cloud know it. Follows `_get_guest_config_meta`. */
export function guestMetadata(policy: GuestPolicy): XNode {
  const { config, request } = policy;
  const { instance, createdAt, networkInfo } = request;
  return nova('instance', {
    attrs: { 'xmlns:nova': namespace },
    kids: [
      nova('package', { attrs: { version: config.identity.version } }),
      ...textOf('name', instance.displayName),
      ...textOf('creationTime', createdAt.toISOString().replace('T', ' ').slice(0, 'YYYY-MM-DD hh:mm:ss'.length)),
      flavorNode(policy),
      ownerNode(policy),
      ...(instance.imageRef ? [nova('root', { attrs: { type: 'image', uuid: instance.imageRef } })] : []),
      nova('ports', { kids: networkInfo.map(portNode) }),
    ],
  });
}

function flavorNode({ flavor }: GuestPolicy): XNode {
  const sizes = {
    memory: flavor.memoryMb,
    disk: flavor.rootGb,
    swap: flavor.swap,
    ephemeral: flavor.ephemeralGb,
    vcpus: flavor.vcpus,
  };
  const kids = Object.entries(sizes).flatMap(([name, size]) => textOf(name, String(size)));
  return nova('flavor', { attrs: { name: flavor.name }, kids });
}

function ownerNode({ request }: GuestPolicy): XNode {
  const { userId, projectId, systemMetadata } = request.instance;
  const named = (name: string, uuid: string | undefined, text = 'N/A') =>
    uuid === undefined ? [] : [nova(name, { attrs: { uuid }, kids: [text] })];
  return nova('owner', {
    kids: [
      ...named('user', userId, systemMetadata.owner_user_name),
      ...named('project', projectId, systemMetadata.owner_project_name),
    ],
  });
}

function portNode(vif: Vif): XNode {
  const ips = vif.network.subnets.flatMap((subnet) => subnet.ips);
  const kids = ips.map(({ type, address, version }) =>
    nova('ip', { attrs: defined({ type, address, ipVersion: version?.toString() }) }),
  );
  return nova('port', { attrs: { uuid: vif.id }, kids });
}

function textOf(name: string, text: string | undefined): readonly XNode[] {
  return text === undefined ? [] : [nova(name, { kids: [text] })];
}

function nova(name: string, node: Omit<XNode, 'name'>): XNode {
  return { name: `nova:${name}`, ...node };
}

function defined(attrs: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(attrs).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
}
