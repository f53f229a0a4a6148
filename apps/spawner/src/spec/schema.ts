import * as z from 'zod';
import { securityGroupSchema } from './security-group-schema.ts';
import { parseSize, sizeHint } from './units.ts';
import { volumeKeyNames, volumeSchema } from './volume-schema.ts';

/** Text such as `2GiB`, read as bytes. A bare number is refused: nobody should have to guess its unit. */
const size = z
  .string({ error: `expected ${sizeHint}` })
  .meta({ pattern: String.raw`^\d+(\.\d+)? ?(B|[KMGT]iB|[KMGT]B)$`, examples: ['512MiB', '20GiB'] })
  .transform((text, context) => parseSize(text) ?? fail(context, `expected ${sizeHint}, got "${text}"`));

const instanceName = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/,
    'expected 1 to 63 letters, digits, dots, dashes or underscores, beginning with a letter or digit',
  );

const digest = (length: number) =>
  z
    .string()
    .regex(new RegExp(`^[0-9a-fA-F]{${length}}$`), `expected ${length} hexadecimal digits`)
    .optional();

/** A file the host reads: an absolute path, one relative to the specification, or an http(s) address. */
const source = z.string().min(1);

const image = z.strictObject({
  source,
  sha256: digest(64),
  sha512: digest(128),
  /** Default: what the bytes say. When given, the bytes must agree. */
  format: z.enum(['raw', 'qcow2', 'iso']).optional(),
  /** Image properties in Nova's words, `hw_disk_bus` and so on. */
  properties: z.record(z.string(), z.string()).default({}),
});

const kernel = z.strictObject({ source, ramdisk: source.optional(), commandLine: z.string().optional() });

const flavor = z.strictObject({
  vcpus: z.number().int().min(1).default(1),
  memory: size.default(512n << 20n),
  /** Root disk; left out, the disk is as large as the image. */
  disk: size.optional(),
  ephemeral: size.optional(),
  swap: size.optional(),
  /** Extra specs in Nova's words, `hw:cpu_policy` and so on. */
  extraSpecs: z.record(z.string(), z.string()).default({}),
});

const mac = z
  .string()
  .regex(/^[0-9a-fA-F]{2}(?::[0-9a-fA-F]{2}){5}$/, 'expected a MAC address such as 52:54:00:12:34:56');
const cidr = z.union([z.cidrv4(), z.cidrv6()], 'expected an address with its prefix, such as 192.168.1.10/24');
const ip = z.union([z.ipv4(), z.ipv6()], 'expected an IP address');
/** One, or several in a list. */
const some = <Item extends z.ZodType>(item: Item) =>
  z.union([z.array(item), item.transform((one): z.output<Item>[] => [one])]).prefault([]);
const addressing = {
  mac: mac.optional(),
  /** With prefix, such as 192.168.1.10/24; left out, the guest asks DHCP. */
  address: some(cidr),
  /** One for IPv4 and one for IPv6. */
  gateway: some(ip),
  dns: z.array(ip).default([]),
  mtu: z.number().int().min(68).max(65535).optional(),
  /** The guest sends under no other addresses than its own; left out, what the host does with all. */
  filter: z.boolean().optional(),
  /** The guest reaches itself through the bridge, as by a floating address. */
  hairpin: z.boolean().optional(),
};
/** A device of the host; the kernel takes 15 characters. */
const device = z.string().min(1).max(15);
const libvirtNetwork = z.strictObject({ network: z.string().min(1), ...addressing });
const bridge = z.strictObject({ bridge: device, ...addressing });
const openVswitch = z.strictObject({ ovs: device, ...addressing });
const macvtap = z.strictObject({ macvtap: device, ...addressing });
const userNetwork = z.strictObject({ user: z.literal(true), mac: mac.optional() });
const network = z.union([libvirtNetwork, bridge, openVswitch, macvtap, userNetwork], {
  error:
    'expected one of `network: NAME`, `bridge: NAME`, `ovs: BRIDGE`, `macvtap: DEVICE` or `user: true`, ' +
    'and beside it mac, address, gateway, dns, mtu, filter, hairpin',
});

/** Where the guest's processors and memory lie on the host; Nova's extra specs `hw:cpu_policy` and so on. */
const placement = z.strictObject({
  /** Each virtual processor has a processor of the host for itself. */
  dedicatedCpus: z.boolean().optional(),
  numaNodes: z.number().int().min(1).optional(),
  /** Size of the host's pages that its memory consists of. */
  hugePages: size.optional(),
});

const portNumber = z.number().int().min(1).max(65535);
const portForward = z.strictObject({
  host: portNumber,
  guest: portNumber,
  protocol: z.enum(['tcp', 'udp']).default('tcp'),
  /** Of this host. */
  address: z.ipv4().default('127.0.0.1'),
});
type PortForward = z.output<typeof portForward>;
const portHint =
  'expected HOST:GUEST such as "2222:22", with an address of this host before and /udp behind if need be';
const port = z.union([
  z
    .string({ error: portHint })
    .regex(/^(?:\d+\.\d+\.\d+\.\d+:)?\d{1,5}:\d{1,5}(?:\/(?:tcp|udp))?$/, portHint)
    .transform((text, context): PortForward => {
      const parsed = portForward.safeParse(parsePort(text));
      return parsed.success ? parsed.data : fail(context, portHint);
    }),
  portForward,
]);

const file = z.strictObject({
  path: z.string().startsWith('/', 'expected an absolute path in the guest'),
  content: z.string(),
});

/** The specification of one instance, as people write it. Every unknown key is an error. */
export const specSchema = z.strictObject({
  $schema: z.string().optional(),
  name: instanceName,
  /** Fills in what this specification leaves open, from the host's configuration. */
  profile: z.string().optional(),
  virtType: z.enum(['auto', 'kvm', 'qemu', 'lxc']).optional(),
  machine: z.string().optional(),
  image: z
    .union([source.transform((text): z.output<typeof image> => ({ source: text, properties: {} })), image])
    .optional(),
  kernel: kernel.optional(),
  flavor: flavor.prefault({}),
  networks: z.array(network).default([]),
  /** What may reach the guest; left out, everything that the host lets through. */
  securityGroups: z.array(securityGroupSchema).optional(),
  /** Disks that outlive the instance. */
  volumes: z.array(volumeSchema).default([]),
  /** Ports of this host that lead into the guest, through a `user: true` network. */
  ports: z.array(port).default([]),
  /** `uefi-secure` starts only what is signed. */
  firmware: z.enum(['bios', 'uefi', 'uefi-secure']).optional(),
  /** A TPM 2.0 of its own, whose state is encrypted. */
  tpm: z.boolean().default(false),
  placement: placement.prefault({}),
  /** How the guest learns what it is: a drive in Nova's layout or in NoCloud's, or files written into its own disk. */
  seed: z.enum(['config-drive', 'nocloud', 'injection', 'none']).default('config-drive'),
  hostname: z.string().optional(),
  keys: z.array(z.string().regex(/^\S+ \S+/, 'expected a public key line, such as `ssh-ed25519 AAAA… me`')).default([]),
  userData: z.string().optional(),
  files: z.array(file).default([]),
  metadata: z.record(z.string(), z.string()).default({}),
});

/** The keys that may stand at the top (`''`) and in each part, to suggest the one that was meant. */
export const specKeys: Readonly<Record<string, readonly string[]>> = {
  '': Object.keys(specSchema.shape),
  image: Object.keys(image.shape),
  kernel: Object.keys(kernel.shape),
  flavor: Object.keys(flavor.shape),
  placement: Object.keys(placement.shape),
  networks: ['network', 'bridge', 'ovs', 'macvtap', 'user', ...Object.keys(addressing)],
  securityGroups: Object.keys(securityGroupSchema.shape),
  volumes: volumeKeyNames,
  ports: Object.keys(portForward.shape),
  files: Object.keys(file.shape),
};

/** A specification after validation: sizes in bytes, defaults filled in. */
export type Spec = z.output<typeof specSchema>;
export type SpecNetwork = Spec['networks'][number];
export type SpecImage = z.output<typeof image>;
export type SpecPort = PortForward;

/** The parts of `127.0.0.1:2222:22/tcp`. */
function parsePort(text: string): unknown {
  const [ports = '', protocol = 'tcp'] = text.split('/');
  const [guest, host, address = '127.0.0.1'] = ports.split(':').toReversed();
  return { host: Number(host), guest: Number(guest), protocol, address };
}

function fail(context: z.RefinementCtx, message: string): never {
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
}
