import { readdir } from 'node:fs/promises';
import { getHeapSpaceStatistics } from 'node:v8';
import type { Host } from '../../src/index.ts';

/** What a process can hold too much of, and a host. */
export interface Sample {
  /** Open files of this process. */
  readonly fds: number;
  /** Bytes of objects after a collection, with those outside of the heap; without compiled code, which grows for long. */
  readonly objectBytes: number;
  /** Resident memory of this process, in bytes. */
  readonly rssBytes: number;
  /** Everything below the state directory. */
  readonly files: number;
  /** libvirt's domains whose names begin as the instance's. */
  readonly domains: number;
}

/** Needs `--expose-gc`. */
export async function takeSample(host: Host, name: string): Promise<Sample> {
  const conn = await host.connect();
  const domains = await conn.domains.list();
  const files = await readdir(host.paths.state, { recursive: true });
  // Twice: what the first one finalizes goes with the second.
  globalThis.gc?.();
  await new Promise(setImmediate);
  globalThis.gc?.();
  const { rss, external, arrayBuffers } = process.memoryUsage();
  return {
    // Without the one that reads the directory.
    fds: (await readdir('/proc/self/fd')).length - 1,
    objectBytes: heapOfObjects() + external + arrayBuffers,
    rssBytes: rss,
    files: files.length,
    domains: domains.filter((domain) => domain.name.startsWith(name)).length,
  };
}

function heapOfObjects(): number {
  const spaces = getHeapSpaceStatistics().filter(({ space_name: name }) =>
    /^(?:new|old|new_large_object|large_object)_space$/.test(name),
  );
  return spaces.reduce((sum, { space_used_size: bytes }) => sum + bytes, 0);
}
