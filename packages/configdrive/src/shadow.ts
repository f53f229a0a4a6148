import { ConfigDriveError } from './errors.ts';

/**
 * The text of a shadow(5) file with another hash for root, who must be in both files. Everything else stays as it is.
 * Throws INJECTION_FAILED.
 */
export function withRootPassword(passwd: string, shadow: string, hash: () => string): string {
  if (!passwd.split('\n').some(isRoot)) throw noRoot('/etc/passwd');
  if (!shadow.split('\n').some(isRoot)) throw noRoot('/etc/shadow');
  const value = hash();
  return shadow
    .split('\n')
    .map((line) => (isRoot(line) ? ['root', value, ...line.split(':').slice(2)].join(':') : line))
    .join('\n');
}

function isRoot(line: string): boolean {
  return line.startsWith('root:');
}

function noRoot(path: string): ConfigDriveError {
  return new ConfigDriveError(
    'INJECTION_FAILED',
    `Cannot inject the admin password: the guest's "${path}" has no line "root:…". Is this the partition of its root?`,
    { path },
  );
}
