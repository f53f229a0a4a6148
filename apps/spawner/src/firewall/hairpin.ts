import type { Exec } from '@spawnkit/effects';
import { Domain as DomainXml, parse } from '@spawnkit/guest-config';
import type { Domain } from '@spawnkit/libvirt';
import { enableHairpin } from '@spawnkit/vif';
import type { SpawnRequest } from '../request/request.ts';

interface Options {
  readonly exec: Exec;
  readonly signal?: AbortSignal | undefined;
}

/** Lets a running instance reach itself by another address, on the networks that ask for it. Goes with its devices. */
export async function allowHairpin(domain: Domain, request: SpawnRequest, options: Options): Promise<void> {
  const { networkInfo, vifWishes = [] } = request;
  const macs = networkInfo.filter((_, index) => vifWishes[index]?.hairpin === true).map(({ address }) => address);
  if (macs.length === 0) return;
  const { interfaces = [] } = parse(DomainXml, await domain.xml({ signal: options.signal })).devices ?? {};
  const ours = interfaces.filter(({ mac }) => mac?.address !== undefined && macs.includes(mac.address.toLowerCase()));
  await enableHairpin(
    ours.flatMap(({ target }) => target?.dev ?? []),
    options,
  );
}
