import { str } from '../dsl/codec.ts';
import { el, type El, type Infer } from '../dsl/el.ts';
import { kid, kids, leaf, opt } from '../dsl/field.ts';
import { Channel, Console, Parallel, RedirDev, Serial, Smartcard } from './chardev.ts';
import { Controller } from './controller.ts';
import { Disk } from './disk.ts';
import { Graphics, Video } from './display.ts';
import { Filesystem } from './filesystem.ts';
import { Hostdev } from './hostdev.ts';
import { Interface } from './interface.ts';
import { MemoryDevice } from './memory-device.ts';
import { Rng } from './rng.ts';
import {
  Crypto,
  Hub,
  Input,
  Iommu,
  Lease,
  MemBalloon,
  NvramDevice,
  Panic,
  Pstore,
  RedirFilter,
  Shmem,
  Vsock,
  Watchdog,
} from './small-devices.ts';
import { Audio, Sound } from './sound.ts';
import { Tpm } from './tpm.ts';

const devices = el('devices', {
  emulator: opt(leaf('emulator', str)),
  disks: kids(Disk),
  controllers: kids(Controller),
  leases: kids(Lease),
  filesystems: kids(Filesystem),
  interfaces: kids(Interface),
  smartcards: kids(Smartcard),
  serials: kids(Serial),
  parallels: kids(Parallel),
  consoles: kids(Console),
  channels: kids(Channel),
  inputs: kids(Input),
  tpms: kids(Tpm),
  graphics: kids(Graphics),
  sounds: kids(Sound),
  audios: kids(Audio),
  videos: kids(Video),
  hostdevs: kids(Hostdev),
  redirdevs: kids(RedirDev),
  redirFilters: kids(RedirFilter),
  hubs: kids(Hub),
  watchdogs: kids(Watchdog),
  memballoon: opt(kid(MemBalloon)),
  rngs: kids(Rng),
  nvram: opt(kid(NvramDevice)),
  panics: kids(Panic),
  shmems: kids(Shmem),
  memories: kids(MemoryDevice),
  iommu: opt(kid(Iommu)),
  vsock: opt(kid(Vsock)),
  cryptos: kids(Crypto),
  pstore: opt(kid(Pstore)),
});
/** All devices of a guest: https://libvirt.org/formatdomain.html#devices */
export interface Devices extends Infer<typeof devices> {}
export const Devices: El<Devices> = devices;
