import { sealSecrets } from '@spawnkit/volume';
import * as z from 'zod';

const endpointHint = 'expected HOST:PORT such as 192.0.2.1:3260 or [2001:db8::1]:3260';
/** A server and its port, as text; read by `endpointOf`. */
const endpoint = z
  .string({ error: endpointHint })
  .regex(/^(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+):\d{1,5}$/, endpointHint);

const encryption = z
  .strictObject({
    /** `luks` is opened by QEMU, `luks2` and `plain` by dm-crypt of the host. */
    format: z.enum(['luks', 'luks2', 'plain']).default('luks'),
    /** A file of mode 0600 with the passphrase, seen from the specification. */
    keyFile: z.string().min(1).optional(),
    /** Id of the passphrase in the host's key manager or directory of keys. */
    key: z.string().min(1).optional(),
    cipher: z.string().optional(),
    /** Bits. */
    keySize: z.number().int().min(1).max(4096).optional(),
  })
  .refine(({ keyFile, key }) => (keyFile === undefined) !== (key === undefined), 'expected either `keyFile` or `key`');

const common = {
  /** The guest boots from it; short for `bootIndex: 0`. */
  boot: z.boolean().optional(),
  /** 0 boots first and has no image beside it; left out, the guest never boots from it. */
  bootIndex: z.number().int().min(0).max(100).optional(),
  readOnly: z.boolean().default(false),
  deviceType: z.enum(['disk', 'cdrom', 'lun']).optional(),
  bus: z.enum(['virtio', 'scsi', 'sata', 'ide', 'usb']).optional(),
  /** Its name in the guest, such as `vdb`; left out, the next free one. */
  device: z
    .string()
    .regex(/^(?:vd|sd|hd)[a-z]{1,2}$/, 'expected a name such as vdb')
    .optional(),
  /** UUID of the volume: the guest sees it as the serial number. Left out, it is made from what the volume is. */
  id: z.uuid().optional(),
  encryption: encryption.optional(),
};
/** Of the bytes that the server has. */
const format = z.enum(['raw', 'qcow2']).default('raw');

const rbdImage = z.string().regex(/^[^/]+\/[^/]+$/, 'expected POOL/IMAGE');
const rbd = z.strictObject({
  image: rbdImage,
  /** Left out, those of the host's ceph.conf. */
  monitors: z.array(endpoint).default([]),
  /** With `secretUuid`, instead of what the host's configuration has. */
  user: z.string().min(1).optional(),
  /** The libvirt secret with the user's key. */
  secretUuid: z.uuid().optional(),
});
const iscsi = z.strictObject({
  portal: endpoint,
  iqn: z.string().regex(/^(?:iqn|eui|naa)\.\S+$/, 'expected the name of a target, such as iqn.2026-11.example:disks'),
  lun: z.number().int().min(0).max(255).default(0),
  user: z.string().min(1).optional(),
  /** A file of mode 0600, seen from the specification. */
  passwordFile: z.string().min(1).optional(),
});
const nbd = z.strictObject({ server: endpoint, export: z.string().min(1).optional() });

/** What the volume service hands out for attaching; what is secret in it is sealed at once. */
const connection = z
  .looseObject({
    driver_volume_type: z.string().min(1),
    data: z.record(z.string(), z.unknown()).default({}),
    serial: z.string().optional(),
    volume_id: z.string().optional(),
  })
  .transform(({ driver_volume_type: driverVolumeType, data, ...rest }) => ({
    driver_volume_type: driverVolumeType,
    ...rest,
    data: sealSecrets({ driverVolumeType, data }).data,
  }));

const kinds = [
  z.strictObject({
    rbd: z.union([rbdImage.transform((image): z.output<typeof rbd> => ({ image, monitors: [] })), rbd], {
      error: 'expected POOL/IMAGE, or `image: POOL/IMAGE` with monitors, user, secretUuid',
    }),
    ...common,
  }),
  z.strictObject({ iscsi, format, ...common }),
  z.strictObject({ nbd, format, ...common }),
  z.strictObject({
    /** `HOST:/PATH`. */
    nfs: z.string().regex(/^(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+):\/\S+$/, 'expected HOST:/PATH of a file'),
    format,
    ...common,
  }),
  z.strictObject({ http: z.url({ protocol: /^https?$/ }), format, ...common }),
  /** A block device of the host, or a raw file. */
  z.strictObject({ path: z.string().min(1), ...common }),
  z.strictObject({ connection, ...common }),
] as const;

/** A volume of a specification, by what it is. */
export const volumeSchema = z.union(kinds, {
  error:
    'expected one of `rbd: POOL/IMAGE`, `iscsi: {…}`, `nbd: {…}`, `nfs: HOST:/PATH`, `http: ADDRESS`, `path: PATH` ' +
    "or `connection: {…}` in Nova's form, and beside it boot, bootIndex, readOnly, deviceType, bus, device, id, encryption",
});

export type SpecVolume = z.output<typeof volumeSchema>;

/** The keys that a volume may have. */
export const volumeKeyNames: readonly string[] = [
  'rbd',
  'iscsi',
  'nbd',
  'nfs',
  'http',
  'path',
  'connection',
  'format',
  ...Object.keys(common),
];
