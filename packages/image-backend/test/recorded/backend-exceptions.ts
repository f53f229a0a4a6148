import { isDeepStrictEqual } from 'node:util';
import type { BackendCase } from './recorded-case.ts';
import type { Compared } from './compared-backend.ts';
import { INSTANCE, type OwnOutcome } from './recorded-backend.ts';

/** Whether both are the same once something is left out of each. */
export type SameBut = (ignore: (compared: Compared) => Compared) => boolean;

/** Why our outcome differs from Nova's on purpose, and what is better about it. */
interface Rule {
  readonly rule: string;
  /** Whether it is a case of this rule, and our own outcome is there. */
  readonly holds: (one: BackendCase, ours: OwnOutcome, sameBut: SameBut) => boolean;
}

/** The rule by which our outcome may differ from the recorded one, if our own, better outcome is there. */
export function backendException(one: BackendCase, ours: OwnOutcome, sameBut: SameBut): string | undefined {
  return rules.find(({ holds }) => holds(one, ours, sameBut))?.rule;
}

const IMAGE_BYTES = 10 * 1024 ** 2;
const DISK_INFO = `${INSTANCE}/disk.info`;

const rules: readonly Rule[] = [
  {
    rule: 'a base that is no image of ours is fetched again, not trusted',
    holds: ({ input }, ours) =>
      (input.pre ?? []).some(({ path, kind }) => path.startsWith('_base/') && isJunk(kind)) &&
      allOk(ours) &&
      madeFromImage(ours),
  },
  {
    rule: 'disks of the raw backend are raw, whatever their image is',
    holds: ({ input, expected }, ours) =>
      input.config?.['force_raw_images'] === false &&
      expected.results.some((result) => result.driver_format === 'qcow2') &&
      allOk(ours) &&
      fileOf(ours, `${INSTANCE}/disk`)?.['size'] === input.ops.find(({ size }) => typeof size === 'number')?.size &&
      ours.steps.filter((step) => step.startsWith('qemu-img resize')).length === 1,
  },
  {
    rule: 'a cache that may only be read is used all the same',
    holds: ({ input }, ours) =>
      input.faults?.['privsep.path.utime'] !== undefined && allOk(ours) && madeFromImage(ours),
  },
  {
    rule: 'images of formats that are not used, and what is no image, are refused by name before any tool opens them',
    holds: ({ input }, ours) =>
      Object.values(input.images ?? {}).some(({ content }) => /^(vmdk|vhd|vdi|text|empty)/.test(content.kind)) &&
      ['FORMAT_UNSUPPORTED', 'NOT_AN_IMAGE', 'FORMAT_MISMATCH'].includes(lastOf(ours).error ?? '') &&
      ours.steps.length === 0 &&
      ours.files.every((file) => (file as { empty_dir?: boolean }).empty_dir === true),
  },
  {
    rule: 'images are inspected here, so that no tool can fail at it',
    holds: ({ input }, ours) =>
      input.faults?.['execute:qemu-img info'] !== undefined && allOk(ours) && madeFromImage(ours),
  },
  {
    rule: 'a disk has the format of the backend that made it, whatever disk.info says',
    holds: ({ input }, ours) =>
      (input.pre ?? []).some(({ path, kind }) => path === DISK_INFO && kind === 'json') &&
      allOk(ours) &&
      fileOf(ours, `${INSTANCE}/disk`)?.['size'] === 64 * 1024 ** 2,
  },
  {
    rule: 'a disk that cannot be noted in disk.info is taken back',
    holds: ({ input }, ours) =>
      (input.pre ?? []).some(({ path, kind }) => path === DISK_INFO && kind === 'literal') &&
      lastOf(ours).error === 'STORAGE_FAILED' &&
      fileOf(ours, `${INSTANCE}/disk`) === undefined &&
      fileOf(ours, DISK_INFO)?.['text'] !== undefined,
  },
  {
    rule: 'a format that is not written is refused before a tool is run',
    holds: ({ input }, ours) =>
      input.ops.some(({ out_format }) => out_format === 'iso') &&
      lastOf(ours).error === 'INVALID_REQUEST' &&
      ours.steps.length === 0 &&
      fileOf(ours, 'snap') === undefined,
  },
  {
    rule: 'snapshots of files are real, and want a disk',
    holds: ({ input }, ours) =>
      input.ops.some(({ op }) => op === 'create_snap') &&
      lastOf(ours).error === 'DISK_NOT_FOUND' &&
      ours.steps.length === 0,
  },
  {
    rule: 'a swap space or file system that was not made leaves nothing',
    holds: ({ input }, ours) =>
      Object.keys(input.faults ?? {}).some((fault) => fault.startsWith('execute:mk')) &&
      lastOf(ours).error === 'TOOL_FAILED' &&
      ours.files.every((file) => (file as { empty_dir?: boolean }).empty_dir === true),
  },
  {
    rule: 'a disk that would have to shrink is refused in words',
    holds: ({ input }, ours, sameBut) =>
      input.ops.some(({ op }) => op === 'resize_image') &&
      lastOf(ours).error === 'CANNOT_SHRINK' &&
      sameBut((compared) => ({ ...compared, results: [], files: withoutNotes(compared) })),
  },
  {
    rule: 'a file system that no request may ask for is refused by the backend, too',
    holds: ({ input }, ours) =>
      input.ops.some(({ specified_fs: fs }) => fs && !['ext2', 'ext3', 'ext4', 'xfs'].includes(fs)) &&
      lastOf(ours).error === 'INVALID_REQUEST' &&
      ours.steps.length === 0,
  },
  {
    rule: 'the cache is always _base',
    holds: ({ input }, ours, sameBut) => {
      const name = input.config?.['image_cache.subdirectory_name'];
      if (typeof name !== 'string' || !allOk(ours)) return false;
      return sameBut((compared) => inOrder(JSON.parse(JSON.stringify(compared).replaceAll(name, '_base')) as Compared));
    },
  },
  {
    rule: 'why a volume could not be made is told, and not that what was never made could not be removed',
    holds: ({ expected }, ours, sameBut) =>
      expected.results.at(-1)?.error?.error === 'VolumesNotRemoved' &&
      ['NO_SPACE', 'TOOL_FAILED', 'DISK_TOO_SMALL'].includes(lastOf(ours).error ?? '') &&
      sameBut((compared) => ({ ...compared, results: compared.results.slice(0, -1) })),
  },
  {
    rule: 'a file system on a volume has its label',
    holds: (_, ours, sameBut) => labelsVolumes(ours.steps) && sameBut(withoutLabels),
  },
  {
    rule: 'a clone that would be too large for its disk is not made',
    holds: ({ input }, ours) =>
      input.backend === 'rbd' &&
      ours.results.some(({ error }) => error === 'DISK_TOO_SMALL') &&
      !ours.steps.some((step) => step.startsWith('rbd')),
  },
  {
    rule: 'a clone whose growth failed is taken back',
    holds: ({ input }, ours) =>
      input.faults?.['rbd.image.resize'] !== undefined && lastOf(ours).error === 'TOOL_FAILED' && !hasDisk(ours),
  },
  {
    rule: 'an image that lies in another store comes through the image cache',
    holds: ({ input }, ours) =>
      input.config?.['libvirt.images_rbd_glance_store_name'] !== undefined && allOk(ours) && hasDisk(ours),
  },
  {
    rule: 'a Ceph user without a secret is refused before anything is made',
    holds: ({ input }, ours) =>
      input.config?.['libvirt.rbd_user'] !== undefined &&
      input.config['libvirt.rbd_secret_uuid'] === undefined &&
      ours.results[0]?.error === 'INVALID_REQUEST' &&
      ours.steps.length === 0,
  },
  {
    rule: 'a config drive goes when the next one is there',
    holds: ({ input }, ours, sameBut) =>
      input.ops.some(({ op }) => op === 'import_file') &&
      allOk(ours) &&
      sameBut((compared) => ({ ...compared, steps: compared.steps.toSorted() })),
  },
  {
    rule: 'a volume that is there is used, whatever became of its base',
    holds: ({ input }, ours) =>
      Object.keys(input.lvs ?? {}).length > 0 && allOk(ours) && isDeepStrictEqual(ours.volumes.lvs, input.lvs),
  },
];

/** Of all file systems that are made on volumes. */
export function labelsVolumes(steps: readonly string[]): boolean {
  const made = steps.filter((step) => /^mkfs\.\w+ .*\/dev\//.test(step));
  return made.length > 0 && made.every((step) => LABEL.test(step));
}

const LABEL = / -[nL] ephemeral\d+(?= )/;

export function withoutLabels<Steps extends { readonly steps: readonly string[] }>(compared: Steps): Steps {
  return { ...compared, steps: compared.steps.map((step) => step.replace(LABEL, '')) };
}

function isJunk(kind: string | undefined): boolean {
  return kind === 'empty' || kind === 'text' || kind === 'qcow2-backed';
}

function allOk({ results }: OwnOutcome): boolean {
  return results.every(({ ok }) => ok);
}

function lastOf({ results }: OwnOutcome) {
  const last = results.at(-1);
  if (!last) throw new Error('a case has operations');
  return last;
}

/** The base is the image, and the disk has it. */
function madeFromImage(ours: OwnOutcome): boolean {
  const bases = ours.files.filter((file) => (file as { path: string }).path.startsWith('_base/')) as {
    size?: number;
    content?: string;
  }[];
  const disk = fileOf(ours, `${INSTANCE}/disk`);
  const based = disk?.['content'] === 'image data' || typeof disk?.['backing_file'] === 'string';
  return bases.length === 1 && bases[0]?.size === IMAGE_BYTES && bases[0].content === 'image data' && based;
}

function fileOf({ files }: OwnOutcome, path: string): Record<string, unknown> | undefined {
  return files.find((file) => (file as { path: string }).path === path) as Record<string, unknown> | undefined;
}

function hasDisk({ rbd }: OwnOutcome): boolean {
  return Object.keys((rbd as Record<string, object>)['vms'] ?? {}).length > 0;
}

function withoutNotes({ files }: Compared): Compared['files'] {
  return files.filter(({ path }) => !path.endsWith('/disk.info'));
}

function inOrder(compared: Compared): Compared {
  return { ...compared, files: compared.files.toSorted((a, b) => (a.path < b.path ? -1 : 1)) };
}
