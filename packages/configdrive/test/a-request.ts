import { parseInstance } from '@spawnkit/instance';
import type { MetadataRequest } from '../src/metadata-request.ts';

/** A plain request for tests, with what a test wants different. */
export function aRequest(changes: Partial<MetadataRequest> = {}): MetadataRequest {
  return {
    instance: parseInstance({
      id: 7,
      uuid: 'b65cee2f-8c69-4aeb-be2f-f79742548fc2',
      display_name: 'Web',
      hostname: 'web',
      memory_mb: 512,
      vcpus: 1,
      flavor: { name: 'm1.small', vcpus: 1, memory_mb: 512 },
    }),
    networkInfo: [],
    randomSeed: (bytes) => new Uint8Array(bytes),
    ...changes,
  };
}
