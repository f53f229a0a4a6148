import { oneOf, openOneOf, str, uint, int, yesNo } from '../dsl/codec.ts';
import { el, type El, type Infer } from '../dsl/el.ts';
import { attr, kid, kids, opt } from '../dsl/field.ts';
import { Address } from './address.ts';
import { AcpiIndex, Alias, AudioLink, VirtioDriver } from './common.ts';

const sound = el('sound', {
  model: attr('model', openOneOf('ich6', 'ich7', 'ich9', 'ac97', 'es1370', 'sb16', 'pcspk', 'usb', 'virtio')),
  multichannel: opt(attr('multichannel', yesNo)),
  streams: opt(attr('streams', uint)),
  codecs: kids(el('codec', { type: attr('type', oneOf('duplex', 'micro', 'output')) })),
  audio: opt(kid(AudioLink)),
  acpi: opt(kid(AcpiIndex)),
  alias: opt(kid(Alias)),
  address: opt(kid(Address)),
  driver: opt(kid(VirtioDriver)),
});
/** A sound card. */
export interface Sound extends Infer<typeof sound> {}
export const Sound: El<Sound> = sound;

const stream = el('input', {
  mixingEngine: opt(attr('mixingEngine', yesNo)),
  fixedSettings: opt(attr('fixedSettings', yesNo)),
  voices: opt(attr('voices', uint)),
  bufferLength: opt(attr('bufferLength', uint)),
  bufferCount: opt(attr('bufferCount', uint)),
  latency: opt(attr('latency', uint)),
  dev: opt(attr('dev', str)),
  name: opt(attr('name', str)),
  streamName: opt(attr('streamName', str)),
  serverName: opt(attr('serverName', str)),
  clientName: opt(attr('clientName', str)),
  connectPorts: opt(attr('connectPorts', str)),
  exactName: opt(attr('exactName', yesNo)),
  tryPoll: opt(attr('tryPoll', yesNo)),
  settings: opt(
    kid(
      el('settings', {
        frequency: opt(attr('frequency', uint)),
        channels: opt(attr('channels', uint)),
        format: opt(attr('format', oneOf('s8', 'u8', 's16', 'u16', 's32', 'u32', 'f32'))),
      }),
    ),
  ),
});
/** One direction of an audio backend. */
export interface AudioStream extends Infer<typeof stream> {}
export const AudioStream: El<AudioStream> = stream;

const audio = el('audio', {
  id: attr('id', uint),
  type: opt(
    attr(
      'type',
      openOneOf('none', 'alsa', 'coreaudio', 'dbus', 'jack', 'oss', 'pulseaudio', 'pipewire', 'sdl', 'spice', 'file'),
    ),
  ),
  timerPeriod: opt(attr('timerPeriod', uint)),
  path: opt(attr('path', str)),
  driver: opt(attr('driver', str)),
  serverName: opt(attr('serverName', str)),
  runtimeDir: opt(attr('runtimeDir', str)),
  tryMMap: opt(attr('tryMMap', yesNo)),
  exclusive: opt(attr('exclusive', yesNo)),
  dspPolicy: opt(attr('dspPolicy', int)),
  input: opt(kid(AudioStream, 'input')),
  output: opt(kid(AudioStream, 'output')),
});
/** Where sound goes on the host. */
export interface Audio extends Infer<typeof audio> {}
export const Audio: El<Audio> = audio;
