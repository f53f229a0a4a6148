import { mkdtemp, open, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hostExec } from '@spawnkit/effects';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { qcow2, qemuInfo } from '../../test/qemu-images.ts';
import { diskBytes } from '../testing/images.ts';
import type { ImageInspection } from './image-inspection.ts';
import { inspectImage } from './inspect-image.ts';

const exec = hostExec();
const MiB = 1024 ** 2;

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'inspect-'));
});
afterAll(() => rm(directory, { recursive: true }));

const at = (name: string) => join(directory, name);
const kinds = ({ hazards }: ImageInspection) => hazards.map(({ kind }) => kind);
const qemuImg = (...args: string[]) => exec('qemu-img', args);

/** A file in which each of these texts stands at its offset. */
async function fileWith(
  name: string,
  bytes: number,
  parts: Readonly<Record<number, string | Buffer>>,
): Promise<string> {
  const content = Buffer.alloc(bytes);
  for (const [offset, part] of Object.entries(parts)) {
    Buffer.from(part as string, 'latin1').copy(content, Number(offset));
  }
  await writeFile(at(name), content);
  return at(name);
}

describe('as qemu-img sees it', () => {
  const options: [string, string[]][] = [
    ['version 3', []],
    ['version 2', ['-o', 'compat=0.10']],
    ['clusters of 512 bytes', ['-o', 'cluster_size=512']],
    ['clusters of 2 MiB', ['-o', 'cluster_size=2M']],
    ['extended L2 tables', ['-o', 'extended_l2=on,cluster_size=128k']],
    ['zstd compression', ['-o', 'compression_type=zstd']],
    ['lazy refcounts', ['-o', 'lazy_refcounts=on']],
    ['preallocated metadata', ['-o', 'preallocation=metadata']],
  ];
  test.each(options)('a qcow2 image with %s is sound', async (_, args) => {
    const path = await qcow2(at('plain.qcow2'), args);
    const info = await qemuInfo(path);
    expect(await inspectImage(path)).toEqual({
      format: 'qcow2',
      virtualSize: BigInt(64 * MiB),
      fileBytes: expect.any(BigInt),
      clusterBytes: info?.['cluster-size'],
      hazards: [],
    });
  });

  test.each([
    [[] as string[]],
    [['-c']],
    [['-o', 'compat=0.10']],
    [['-o', 'extended_l2=on,cluster_size=128k']],
    [['-c', '-o', 'compression_type=zstd']],
    [['-o', 'cluster_size=512']],
  ])('a qcow2 image with data is sound, converted with %j', async (args) => {
    await writeFile(at('data.raw'), Buffer.concat([diskBytes('one'), diskBytes('two'), diskBytes('three')]));
    await qemuImg('convert', '-f', 'raw', '-O', 'qcow2', ...args, at('data.raw'), at('data.qcow2'));
    expect(await inspectImage(at('data.qcow2'))).toMatchObject({ virtualSize: BigInt(3 * MiB), hazards: [] });
  });

  test.each([
    ['vmdk', 'vmdk', []],
    ['vdi', 'vdi', []],
    ['vpc', 'vhd', []],
    ['vpc', 'vhd', ['-o', 'subformat=fixed,force_size=on']],
    ['vhdx', 'vhdx', []],
    ['qcow', 'qcow', []],
    ['qed', 'qed', []],
    ['parallels', 'parallels', []],
  ] as const)('%s is recognised as %s (%j)', async (name, format, args) => {
    await qemuImg('create', '-q', '-f', name, ...args, at('foreign'), '64M');
    const found = await inspectImage(at('foreign'));
    expect(found.format).toBe(format);
    const told = !['vhdx', 'parallels'].includes(format) && (await qemuInfo(at('foreign')))?.['format'] === name;
    if (told) expect(found.virtualSize).toBe(BigInt((await qemuInfo(at('foreign')))?.['virtual-size'] as number));
  });

  test('luks is recognised and encrypted', async () => {
    const path = await fileWith('luks', 4096, { 0: 'LUKS\xba\xbe\0\x01' });
    expect(await inspectImage(path)).toMatchObject({ format: 'luks', hazards: [{ kind: 'encrypted' }] });
  });

  test('a VMDK that is a text names other files', async () => {
    await qemuImg('create', '-q', '-f', 'vmdk', '-o', 'subformat=monolithicFlat', at('flat.vmdk'), '1M');
    expect(await inspectImage(at('flat.vmdk'))).toMatchObject({ format: 'vmdk', hazards: [{ kind: 'extent-files' }] });
  });

  test('an ISO image is one, hybrid or not', async () => {
    await writeFile(at('file'), 'content');
    await exec('genisoimage', ['-quiet', '-o', at('cd.iso'), at('file')]);
    const plain = await inspectImage(at('cd.iso'));
    expect(plain).toMatchObject({ format: 'iso', contents: 'iso', hazards: [] });
    expect(plain.virtualSize).toBe(BigInt((await qemuInfo(at('cd.iso')))?.['virtual-size'] as number));
    const hybrid = await readFile(at('cd.iso'));
    diskBytes().copy(hybrid, 0, 0, 512);
    await writeFile(at('hybrid.iso'), hybrid);
    expect(await inspectImage(at('hybrid.iso'))).toMatchObject({ format: 'iso', contents: 'mbr', hazards: [] });
  });
});

describe('hazards', () => {
  test.each([
    ['version 3', []],
    ['version 2', ['-o', 'compat=0.10']],
  ])('a backing file is found in %s and shown', async (_, args) => {
    await writeFile(at('base.raw'), diskBytes());
    const path = await qcow2(at('backed.qcow2'), [...args, '-b', at('base.raw'), '-F', 'raw']);
    const found = await inspectImage(path);
    expect(found).toMatchObject({ backingFile: at('base.raw'), hazards: [{ kind: 'backing-file' }] });
    expect(found.hazards[0]?.detail).toContain(at('base.raw'));
  });

  test('an external data file is found and shown', async () => {
    const path = await qcow2(at('ext.qcow2'), ['-o', `data_file=${at('data')}`]);
    expect(await inspectImage(path)).toMatchObject({ dataFile: at('data'), hazards: [{ kind: 'data-file' }] });
  });

  test('encryption is found', async () => {
    await writeFile(at('key'), 'secret');
    const secret = ['--object', `secret,id=s,file=${at('key')}`];
    const path = await qcow2(at('enc.qcow2'), [...secret, '-o', 'encrypt.format=aes,encrypt.key-secret=s']);
    expect(kinds(await inspectImage(path))).toEqual(['encrypted']);
  });

  test.each([
    ['corrupt', 79, 0b10],
    ['data-file', 79, 0b100],
    ['unknown-features', 79, 0b100000],
    ['unknown-features', 72, 0x80],
  ])('%s is found among the feature bits', async (kind, offset, bit) => {
    const path = await qcow2(at('bits.qcow2'));
    await using handle = await open(path, 'r+');
    await handle.write(Buffer.from([bit]), 0, 1, offset);
    expect(kinds(await inspectImage(path))).toContain(kind);
  });

  test.each([
    ['qcow2', { 0: 'QFI\xfb\0\0\0\x03', 0x8001: 'CD001' }],
    ['qcow2 with a VHD footer', { 0: 'QFI\xfb\0\0\0\x03', 99_488: 'conectix' }],
    ['VDI', { 64: '\x7f\x10\xda\xbe', 0x8001: 'CD001' }],
  ])('an ISO or footer that is %s as well is several formats', async (_, parts) => {
    expect(kinds(await inspectImage(await fileWith('poly', 100_000, parts)))).toContain('several-formats');
  });

  test('a cut-off qcow2 image is damaged wherever it was cut, until only the end of a cluster is missing', async () => {
    await writeFile(at('full.raw'), Buffer.alloc(2 * MiB, 0x5a));
    await qemuImg('convert', '-f', 'raw', '-O', 'qcow2', at('full.raw'), at('full.qcow2'));
    const whole = await readFile(at('full.qcow2'));
    for (let bytes = 0; bytes <= whole.length - 65536; bytes += 32768) {
      await writeFile(at('cut.qcow2'), whole.subarray(0, bytes));
      const { format, contents, hazards } = await inspectImage(at('cut.qcow2'));
      expect({ bytes, format, contents, safe: hazards.length === 0 }).toMatchObject({ bytes, safe: false });
    }
  });
});

describe('raw contents', () => {
  test.each([
    ['mbr', { 446: '\x80\0\0\0\x83\0\0\0\x01\0\0\0\xff\x07\0\0', 510: '\x55\xaa' }],
    ['gpt', { 446: '\0\0\x02\0\xee\xff\xff\xff\x01\0\0\0\xff\x07\0\0', 510: '\x55\xaa', 512: 'EFI PART' }],
    ['gpt', { 4096: 'EFI PART' }],
    ['ext', { 1080: '\x53\xef' }],
    ['xfs', { 0: 'XFSB' }],
    ['btrfs', { 65600: '_BHRfS_M' }],
    [undefined, { 510: '\x55\xaa' }],
    [undefined, {}],
  ])('%s is told by its bytes', async (contents, parts) => {
    const found = await inspectImage(await fileWith('raw', 100_000, parts));
    expect(found).toMatchObject({ format: 'raw', virtualSize: 100_352n, fileBytes: 100_000n, hazards: [] });
    expect(found.contents).toBe(contents);
  });

  test.each([
    ['<!DOCTYPE html>\n<html><body>404 Not Found</body></html>\n'],
    ['{"message": "Über uns"}'],
    ['#!/bin/sh\necho hello\n'],
  ])('%j is text', async (text) => {
    await writeFile(at('text'), text);
    expect(await inspectImage(at('text'))).toMatchObject({ format: 'raw', contents: 'text' });
  });

  test.for([
    ['ext', ['mkfs.ext4', '-q', '-F']],
    ['xfs', ['mkfs.xfs', '-q', '-f']],
    ['btrfs', ['mkfs.btrfs', '-q', '-f']],
  ] as const)('a real %s file system is found', async ([contents, [program, ...args]], context) => {
    await writeFile(at('fs'), '');
    await truncate(at('fs'), 400 * MiB);
    try {
      await exec(program, [...args, at('fs')]);
    } catch (error) {
      if ((error as { code?: string }).code !== 'EXEC_NOT_FOUND') throw error;
      context.skip(`${program} is not installed`);
    }
    expect(await inspectImage(at('fs'))).toMatchObject({ format: 'raw', contents, hazards: [] });
  });

  test('an empty file is damaged', async () => {
    expect(kinds(await inspectImage(await fileWith('empty', 0, {})))).toEqual(['malformed']);
  });
});

test('what is no regular file is refused and does not block', async () => {
  await exec('mkfifo', [at('pipe')]);
  for (const path of [at('pipe'), directory, at('missing'), '/dev/null']) {
    await expect(inspectImage(path)).rejects.toMatchObject({ code: 'SOURCE_UNREADABLE', context: { path } });
  }
});
