import { Secret } from '@spawnkit/effects';

/** What opens the image service, from where OpenStack's own tools take it: `OS_TOKEN`. */
export function imageServiceToken(): Secret | undefined {
  const token = process.env['OS_TOKEN'];
  return token ? new Secret(token) : undefined;
}
