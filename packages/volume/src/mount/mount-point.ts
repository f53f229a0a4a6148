import { createHash } from 'node:crypto';
import { type ConnectionData, requiredText } from '../connection-data.ts';
import { withoutSecrets } from '../secret-fields.ts';

/** The directory an export is mounted on: Nova's name for it, the MD5 of the export, below a base. */
export function mountPointOf(base: string, exported: string): string {
  return `${base}/${createHash('md5').update(exported).digest('hex')}`;
}

/** The export as the program that mounts it takes it, without a password. Throws `INVALID_CONNECTION_INFO`. */
export function exportOf(type: string, data: ConnectionData): string {
  const { data: known } = withoutSecrets({ driverVolumeType: type, data });
  const exported = requiredText(known, 'export');
  return type === 'quobyte' ? exported.replace(/^quobyte:\/\//, '') : exported;
}
