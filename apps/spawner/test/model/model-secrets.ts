import { SecretUsageType } from '@spawnkit/libvirt/enums';
import { type Answers, DaemonError } from '@spawnkit/libvirt/testing';

interface ModelSecret {
  readonly uuid: Uint8Array;
  readonly usageType: number;
  readonly usageID: string;
}

/** The secrets of a model daemon, by UUID. */
export interface ModelSecrets {
  readonly answers: Answers;
  readonly uuids: ReadonlySet<string>;
}

/** A store of secrets that is empty. */
export function modelSecrets(): ModelSecrets {
  const secrets = new Map<string, ModelSecret>();
  const uuids = new Set<string>();
  const found = (isIt: (secret: ModelSecret) => boolean): ModelSecret => {
    const secret = [...secrets.values()].find(isIt);
    if (secret) return secret;
    throw new DaemonError('NO_SECRET', 'Secret not found');
  };
  const answers: Answers = {
    secretDefineXml({ xml }) {
      const uuid = part(xml, /<uuid>([^<]+)</);
      const usageType =
        SecretUsageType[part(xml, /<usage type=["']([^"']+)/).toUpperCase() as keyof typeof SecretUsageType];
      const usageID = part(xml, /<(?:volume|name|target)>([^<]+)</);
      const secret = { uuid: Buffer.from(uuid.replaceAll('-', ''), 'hex'), usageType, usageID };
      secrets.set(uuid, secret);
      uuids.add(uuid);
      return { secret };
    },
    secretSetValue: () => undefined,
    secretLookupByUuid: ({ uuid }) => ({ secret: found((one) => textOf(one.uuid) === textOf(uuid)) }),
    secretLookupByUsage: ({ usageType, usageID }) => ({
      secret: found((one) => one.usageType === usageType && one.usageID === usageID),
    }),
    secretUndefine({ secret }) {
      const [uuid] = [...secrets].find(([, one]) => textOf(one.uuid) === textOf(secret.uuid)) ?? [];
      if (uuid === undefined) throw new DaemonError('NO_SECRET', 'Secret not found');
      secrets.delete(uuid);
      uuids.delete(uuid);
    },
  };
  return { answers, uuids };
}

function textOf(uuid: Uint8Array): string {
  return Buffer.from(uuid).toString('hex');
}

function part(xml: string, pattern: RegExp): string {
  const found = pattern.exec(xml)?.[1];
  if (found === undefined) throw new Error(`no ${String(pattern)} in ${xml}`);
  return found;
}
