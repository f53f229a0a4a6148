import assert from 'node:assert/strict';
import { rejects } from './image-disk-cases.ts';
import { IMAGE_BYTES, leftIn } from './images.ts';
import type { CaseDefinition } from './backend-contract.ts';

const elsewhere = 'rbd://00000000-0000-0000-0000-000000000000/images/an-image/snap';

/** Clones that cannot be: an image cache then helps. What clones are, tests of the backends say that make them. */
export const cloneCases: readonly CaseDefinition[] = [
  {
    name: 'an image that lies elsewhere is not cloned, and nothing is made',
    async run(context) {
      const { backend, disk } = context;
      for (const locations of [[], ['file:///etc/passwd'], ['rbd://a/b'], ['rbd://a/%ff/c/d'], [elsewhere]]) {
        const wanted = { disk, locations, imageFormat: 'raw', sizeBytes: IMAGE_BYTES };
        await rejects(backend.clone(wanted), 'NOT_CLONABLE');
      }
      await rejects(
        backend.clone({ disk, locations: [elsewhere], imageFormat: 'qcow2', sizeBytes: null }),
        'NOT_CLONABLE',
      );
      assert.deepEqual(await leftIn(context), []);
    },
  },
];
