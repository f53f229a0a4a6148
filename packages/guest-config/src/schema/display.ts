import { int, oneOf, onOff, openOneOf, str, uint, yesNo } from '../dsl/codec.ts';
import { type Alternatives, el, type El, type Infer, needs, ruled, union } from '../dsl/el.ts';
import { attr, kid, kids, opt, slot } from '../dsl/field.ts';
import { Address } from './address.ts';
import { AcpiIndex, Alias, AudioLink } from './common.ts';

const listen = ruled(
  union(
    'listen',
    'type',
    {},
    {
      address: { address: opt(attr('address', str)) },
      network: { network: opt(attr('network', str)), address: opt(attr('address', str)) },
      socket: { socket: opt(attr('socket', str)) },
      none: {},
    },
  ),
  needs('network', 'the attribute network', ({ type }) => type === 'network'),
);
/** Where a display server waits for clients. */
export type GraphicsListen = Alternatives<Infer<typeof listen>>;
export const GraphicsListen: El<GraphicsListen> = listen;

const gl = el('gl', { enable: opt(attr('enable', yesNo)), rendernode: opt(attr('rendernode', str)) });
/** OpenGL on the host. */
export interface GraphicsGl extends Infer<typeof gl> {}
export const GraphicsGl: El<GraphicsGl> = gl;

const server = {
  port: opt(attr('port', int)),
  autoport: opt(attr('autoport', yesNo)),
  listen: opt(attr('listen', str)),
  keymap: opt(attr('keymap', str)),
  passwd: opt(attr('passwd', str)),
  passwdValidTo: opt(attr('passwdValidTo', str)),
  connected: opt(attr('connected', oneOf('fail', 'disconnect', 'keep'))),
  listens: kids(GraphicsListen),
} as const;
const screen = { display: opt(attr('display', str)), fullscreen: opt(attr('fullscreen', yesNo)) } as const;

const graphics = union(
  'graphics',
  'type',
  {
    listens: slot,
    channels: slot,
    gl: slot,
    image: slot,
    jpeg: slot,
    zlib: slot,
    playback: slot,
    streaming: slot,
    mouse: slot,
    clipboard: slot,
    filetransfer: slot,
    audio: slot,
  },
  {
    vnc: {
      ...server,
      websocket: opt(attr('websocket', int)),
      socket: opt(attr('socket', str)),
      sharePolicy: opt(attr('sharePolicy', oneOf('ignore', 'allow-exclusive', 'force-shared'))),
      powerControl: opt(attr('powerControl', yesNo)),
      audio: opt(kid(AudioLink)),
    },
    spice: {
      ...server,
      tlsPort: opt(attr('tlsPort', int)),
      defaultMode: opt(attr('defaultMode', oneOf('any', 'secure', 'insecure'))),
      channels: kids(
        el('channel', { name: attr('name', str), mode: attr('mode', oneOf('any', 'secure', 'insecure')) }),
      ),
      gl: opt(kid(GraphicsGl)),
      image: opt(kid(el('image', { compression: attr('compression', str) }))),
      jpeg: opt(kid(el('jpeg', { compression: attr('compression', oneOf('auto', 'never', 'always')) }))),
      zlib: opt(kid(el('zlib', { compression: attr('compression', oneOf('auto', 'never', 'always')) }))),
      playback: opt(kid(el('playback', { compression: attr('compression', onOff) }))),
      streaming: opt(kid(el('streaming', { mode: attr('mode', oneOf('filter', 'all', 'off')) }))),
      mouse: opt(kid(el('mouse', { mode: attr('mode', oneOf('client', 'server')) }))),
      clipboard: opt(kid(el('clipboard', { copypaste: attr('copypaste', yesNo) }))),
      filetransfer: opt(kid(el('filetransfer', { enable: attr('enable', yesNo) }))),
    },
    sdl: { ...screen, xauth: opt(attr('xauth', str)), gl: opt(kid(GraphicsGl)) },
    desktop: screen,
    rdp: {
      ...server,
      username: opt(attr('username', str)),
      replaceUser: opt(attr('replaceUser', yesNo)),
      multiUser: opt(attr('multiUser', yesNo)),
    },
    'egl-headless': { gl: opt(kid(GraphicsGl)) },
    dbus: {
      p2p: opt(attr('p2p', yesNo)),
      address: opt(attr('address', str)),
      gl: opt(kid(GraphicsGl)),
      audio: opt(kid(AudioLink)),
    },
  },
);
/** How people see the guest's screen: https://libvirt.org/formatdomain.html#graphical-framebuffers */
export type Graphics = Alternatives<Infer<typeof graphics>>;
export const Graphics: El<Graphics> = graphics;

const videoModel = el('model', {
  type: opt(
    attr('type', openOneOf('virtio', 'vga', 'qxl', 'cirrus', 'bochs', 'ramfb', 'vmvga', 'xen', 'vbox', 'gop', 'none')),
  ),
  /** KiB. */
  ram: opt(attr('ram', uint)),
  /** KiB. */
  vram: opt(attr('vram', uint)),
  vram64: opt(attr('vram64', uint)),
  vgamem: opt(attr('vgamem', uint)),
  heads: opt(attr('heads', uint)),
  primary: opt(attr('primary', yesNo)),
  blob: opt(attr('blob', onOff)),
  acceleration: opt(
    kid(
      el('acceleration', {
        accel3d: opt(attr('accel3d', yesNo)),
        accel2d: opt(attr('accel2d', yesNo)),
        rendernode: opt(attr('rendernode', str)),
      }),
    ),
  ),
  resolution: opt(kid(el('resolution', { x: attr('x', uint), y: attr('y', uint) }))),
});
/** The kind and memory of a graphics card. */
export interface VideoModel extends Infer<typeof videoModel> {}
export const VideoModel: El<VideoModel> = videoModel;

const video = el('video', {
  driver: opt(
    kid(
      el('driver', {
        name: opt(attr('name', openOneOf('qemu', 'vhostuser'))),
        vgaconf: opt(attr('vgaconf', oneOf('io', 'on', 'off'))),
        iommu: opt(attr('iommu', onOff)),
        ats: opt(attr('ats', onOff)),
        packed: opt(attr('packed', onOff)),
        pagePerVq: opt(attr('page_per_vq', onOff)),
      }),
    ),
  ),
  model: opt(kid(VideoModel)),
  acpi: opt(kid(AcpiIndex)),
  alias: opt(kid(Alias)),
  address: opt(kid(Address)),
});
/** A graphics card. */
export interface Video extends Infer<typeof video> {}
export const Video: El<Video> = video;
