import { readImageProperties } from '@spawnkit/instance';
import type { VifOwner } from '@spawnkit/vif';
import type { SpawnRequest } from '../request/request.ts';

/** Whose the VIFs of a request are, for switches that are told, and how many queues their cards have. */
export function vifOwnerOf({ instance, imageMeta }: SpawnRequest): VifOwner {
  const { uuid, projectId, flavor } = instance;
  const wished =
    flavor.extraSpecs['hw:vif_multiqueue_enabled'] ?? readImageProperties(imageMeta).hwVifMultiqueueEnabled;
  const multiqueue = flavor.vcpus > 1 && /^(?:true|1|yes|on)$/i.test(String(wished ?? ''));
  return { uuid, ...(projectId && { projectId }), ...(multiqueue && { multiqueue }) };
}
