import { readFile, writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { hostExec } from '@spawnkit/effects';

/** An image that would make a tool read another file, hang, or fill the host. */
export interface HostileImage {
  readonly name: string;
  /** What it is like that was found in the wild. */
  readonly kin?: string;
  /** A tool that opens it as what it claims to be shows the victim: proof that it is what it is called. */
  readonly leaks?: true;
  /** Codes of `ImageBackendError` that say what is wrong with it, whatever it is declared as. */
  readonly codes: readonly string[];
  /** Writes it to `path`; `victim` is a file of the host that it is after. */
  readonly make: (path: string, victim: string) => Promise<unknown>;
}

const exec = hostExec();
const MiB = 1024 ** 2;
const refused = ['UNSAFE_IMAGE', 'FORMAT_MISMATCH'];
const foreign = ['FORMAT_UNSUPPORTED', 'FORMAT_MISMATCH', 'UNSAFE_IMAGE'];
const broken = ['NOT_AN_IMAGE', 'FORMAT_MISMATCH', 'UNSAFE_IMAGE', 'TOO_LARGE'];

/** All kinds, made here: no hostile file lies in the repository. */
export const hostileImages: readonly HostileImage[] = [
  {
    name: 'qcow2 with a host file as backing file',
    leaks: true,
    codes: refused,
    make: (path, victim) => qcow2(path, ['-u', '-b', victim, '-F', 'raw']),
  },
  {
    name: 'qcow2 of version 2 with a backing file',
    leaks: true,
    codes: refused,
    make: (path, victim) => qcow2(path, ['-u', '-b', victim, '-F', 'raw', '-o', 'compat=0.10']),
  },
  {
    name: 'qcow2 with a backing file of no named format',
    leaks: true,
    codes: refused,
    make: async (path, victim) => {
      await qcow2(path, ['-u', '-b', 'x'.repeat(victim.length), '-F', 'raw']);
      await patch(path, (bytes) => bytes.write(victim, Number(bytes.readBigUInt64BE(8)), 'utf8'));
    },
  },
  {
    name: 'qcow2 with a backing file by JSON',
    leaks: true,
    codes: refused,
    make: (path, victim) => qcow2(path, ['-u', '-b', `json:{"driver":"raw","file.filename":"${victim}"}`, '-F', 'raw']),
  },
  {
    name: 'qcow2 with a backing file on the network',
    codes: refused,
    make: (path) => qcow2(path, ['-u', '-b', 'nbd://127.0.0.1:10809/x', '-F', 'raw']),
  },
  {
    name: 'qcow2 with its data in a host file',
    kin: 'CVE-2024-32498',
    codes: refused,
    make: (path, victim) => dataFile(path, victim, []),
  },
  {
    name: 'qcow2 with its data in a host file, raw',
    kin: 'CVE-2024-32498',
    leaks: true,
    codes: refused,
    make: (path, victim) => dataFile(path, victim, ['data_file_raw=on']),
  },
  {
    name: 'qcow2 with its data elsewhere and no name for it',
    kin: 'CVE-2024-32498',
    codes: refused,
    make: async (path) => {
      await qcow2(path, []);
      await patch(path, (bytes) => bytes.writeUInt8(bytes.readUInt8(79) | 4, 79));
    },
  },
  {
    name: 'vmdk that is a text naming a host file',
    kin: 'CVE-2022-47951',
    leaks: true,
    codes: [...foreign, 'NOT_AN_IMAGE'],
    make: (path, victim) => writeFile(path, vmdkText(victim)),
  },
  {
    name: 'vmdk whose text begins with other comments',
    kin: 'CVE-2022-47951',
    codes: [...foreign, 'NOT_AN_IMAGE'],
    make: (path, victim) => writeFile(path, `# harmless\n\n${vmdkText(victim).replace('# Disk DescriptorFile\n', '')}`),
  },
  {
    name: 'vmdk whose header sends to a text naming a host file',
    kin: 'CVE-2022-47951',
    leaks: true,
    codes: foreign,
    make: async (path, victim) => {
      await convert(path, 'vmdk', ['subformat=monolithicSparse']);
      await patch(path, (bytes) => {
        bytes.writeBigUInt64LE(0n, 12);
        bytes.fill(0, 512, 512 + 1024).write(vmdkText(victim), 512, 'latin1');
      });
    },
  },
  {
    name: 'vmdk with a parent',
    kin: 'CVE-2022-47951',
    codes: foreign,
    make: async (path, victim) => {
      await convert(path, 'vmdk', ['subformat=monolithicSparse']);
      const hint = `parentFileNameHint="${victim}"`;
      await patch(path, (bytes) =>
        bytes.write(vmdkText('x').replace('createType', `${hint}\ncreateType`), 512, 'latin1'),
      );
    },
  },
  {
    name: 'qcow with a host file as backing file',
    leaks: true,
    codes: foreign,
    make: (path, victim) =>
      exec('qemu-img', ['create', '-q', '-u', '-f', 'qcow', '-b', victim, '-F', 'raw', path, '1M']),
  },
  {
    name: 'qed with a host file as backing file',
    leaks: true,
    codes: foreign,
    make: (path, victim) =>
      exec('qemu-img', ['create', '-q', '-u', '-f', 'qed', '-b', victim, '-F', 'raw', path, '1M']),
  },
  {
    name: 'vhd that differs from a parent',
    codes: foreign,
    make: async (path, victim) => {
      await convert(path, 'vpc', []);
      await patch(path, (bytes) => {
        bytes.writeUInt32BE(4, 60);
        bytes.write(Buffer.from(victim, 'utf16le').swap16().toString('latin1'), 512 + 64, 'latin1');
      });
    },
  },
  {
    name: 'vhdx with a parent',
    codes: foreign,
    make: async (path) => {
      await convert(path, 'vhdx', []);
      await patch(path, (bytes) => {
        const at = bytes.indexOf('metadata', 0, 'latin1');
        bytes.writeUInt8(2, at < 0 ? 0x200010 : at + 0x10010);
      });
    },
  },
  { name: 'vdi', codes: foreign, make: (path) => convert(path, 'vdi', []) },
  { name: 'parallels', codes: foreign, make: (path) => convert(path, 'parallels', []) },
  { name: 'luks', codes: foreign, make: (path) => writeFile(path, sized('LUKS\xba\xbe\0\x01')) },
  {
    name: 'qcow2 that is encrypted',
    codes: refused,
    make: async (path) => {
      await qcow2(path, []);
      await patch(path, (bytes) => bytes.writeUInt32BE(2, 32));
    },
  },
  {
    name: 'qcow2 with features that nobody knows',
    codes: refused,
    make: async (path) => {
      await qcow2(path, []);
      await patch(path, (bytes) => bytes.writeBigUInt64BE(1n << 40n, 72));
    },
  },
  {
    name: 'qcow2 whose tables would fill the memory',
    kin: 'CVE-2015-5162',
    codes: broken,
    make: async (path) => {
      await qcow2(path, []);
      await patch(path, (bytes) => bytes.writeUInt32BE(0xffffffff, 36));
    },
  },
  {
    name: 'qcow2 that shows an exabyte',
    kin: 'CVE-2015-5162',
    codes: broken,
    make: async (path) => {
      await qcow2(path, []);
      await patch(path, (bytes) => bytes.writeBigUInt64BE(1n << 60n, 24));
    },
  },
  {
    name: 'qcow2 with snapshots without end',
    kin: 'CVE-2015-5162',
    codes: broken,
    make: async (path) => {
      await qcow2(path, []);
      await patch(path, (bytes) => bytes.writeUInt32BE(0x7fffffff, 60));
    },
  },
  {
    name: 'qcow2 that is an ISO as well',
    kin: 'CVE-2024-40767',
    codes: ['UNSAFE_IMAGE'],
    make: async (path, victim) => {
      await qcow2(path, ['-u', '-b', victim, '-F', 'raw']);
      await patch(path, (bytes) => bytes.write('CD001', 0x8001, 'latin1'));
    },
  },
  {
    name: 'qcow2 that ends like a vhd',
    kin: 'CVE-2024-40767',
    codes: ['UNSAFE_IMAGE'],
    make: async (path, victim) => {
      await qcow2(path, ['-u', '-b', victim, '-F', 'raw']);
      const bytes = await readFile(path);
      await writeFile(path, Buffer.concat([bytes, Buffer.from('conectix'.padEnd(512, '\0'), 'latin1')]));
    },
  },
  {
    name: 'qcow2 with a backing file, packed',
    codes: refused,
    make: async (path, victim) => {
      await qcow2(path, ['-u', '-b', victim, '-F', 'raw']);
      await writeFile(path, gzipSync(await readFile(path)));
    },
  },
  {
    name: 'zeros that unpack without end',
    kin: 'CVE-2015-5162',
    codes: ['TOO_LARGE'],
    make: (path) => writeFile(path, gzipSync(Buffer.alloc(64 * MiB))),
  },
];

/** A disk that its guest made look like an image with a backing file. */
export async function qcow2Header(path: string, victim: string): Promise<Buffer> {
  await qcow2(path, ['-u', '-b', victim, '-F', 'raw']);
  return readFile(path);
}

async function qcow2(path: string, options: readonly string[]): Promise<void> {
  await exec('qemu-img', ['create', '-q', '-f', 'qcow2', ...options, path, '1M']);
}

async function convert(path: string, format: string, options: readonly string[]): Promise<void> {
  const given = options.length > 0 ? ['-o', options.join(',')] : [];
  await exec('qemu-img', ['create', '-q', '-f', format, ...given, path, '4M']);
}

/** The tool makes the file that it is told, so the host's comes in afterwards. */
async function dataFile(path: string, victim: string, options: readonly string[]): Promise<void> {
  const other = `${path}${'.'.repeat(Math.max(1, victim.length - path.length))}`.slice(
    0,
    Math.max(victim.length, path.length + 1),
  );
  await exec('qemu-img', [
    'create',
    '-q',
    '-f',
    'qcow2',
    '-o',
    [`data_file=${other}`, ...options].join(','),
    path,
    '1M',
  ]);
  await patch(path, (bytes) => {
    const at = bytes.indexOf(other);
    bytes.fill(0, at, at + other.length).write(victim, at);
    bytes.writeUInt32BE(victim.length, at - 4);
  });
}

async function patch(path: string, change: (bytes: Buffer) => unknown): Promise<void> {
  const bytes = await readFile(path);
  change(bytes);
  await writeFile(path, bytes);
}

function vmdkText(victim: string): string {
  return `# Disk DescriptorFile\nversion=1\nCID=12345678\nparentCID=ffffffff\ncreateType="monolithicFlat"\nRW 2048 FLAT "${victim}" 0\n`;
}

function sized(head: string): Buffer {
  const bytes = Buffer.alloc(MiB);
  bytes.write(head, 'latin1');
  return bytes;
}
