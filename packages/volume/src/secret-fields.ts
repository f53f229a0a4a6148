import { Secret } from '@spawnkit/effects';
import type { ConnectionInfo } from '@spawnkit/instance';

/** Fields that hold nothing but a secret, in the data of any driver. */
const secretFields = [
  'auth_password',
  'discovery_auth_password',
  'keyring',
  'secret_key',
  'serverPassword',
  'serverToken',
  'access_token',
  'password',
  'passphrase',
];

/**
 * The same connection info with its secrets as {@link Secret} values: passwords, tokens, keyrings, mount options with a
 * password, and exports of vzstorage with theirs. Connectors take both forms; everything that prints takes only this one.
 */
export function sealSecrets(connectionInfo: ConnectionInfo): ConnectionInfo {
  const { driverVolumeType: type, data } = connectionInfo;
  const sealed = Object.entries(data).map(([field, value]) => [field, seal(type, field, value)] as const);
  return { ...connectionInfo, data: Object.fromEntries(sealed) };
}

/**
 * The same connection info without its secrets, as plain data for a journal: enough to disconnect, and to tell which volume
 * it is.
 */
export function withoutSecrets(connectionInfo: ConnectionInfo): ConnectionInfo {
  const { data } = sealSecrets(connectionInfo);
  const kept = Object.entries(data).flatMap(([field, value]) => {
    const plain = value instanceof Secret ? publicPart(field, value.reveal()) : value;
    return plain === undefined ? [] : [[field, plain] as const];
  });
  return { ...connectionInfo, data: Object.fromEntries(kept) };
}

/** Mount options that hold or name credentials. */
const passwordOption = /(?:^|[\s,])(?:password2?|pass|cred(?:entials)?)=/;
/** `mds1,mds2:/cluster:password`. */
const vzstorageExport = /^((?:[^:/]+:)?\/[^:]+):(.+)$/;

function seal(type: string, field: string, value: unknown): unknown {
  if (typeof value !== 'string' || value === '') return value;
  if (secretFields.includes(field)) return new Secret(value);
  if (field === 'options' && passwordOption.test(value)) return new Secret(value);
  if (type === 'vzstorage' && field === 'export' && vzstorageExport.test(value)) return new Secret(value);
  return value;
}

function publicPart(field: string, value: string): string | undefined {
  return field === 'export' ? vzstorageExport.exec(value)?.[1] : undefined;
}
