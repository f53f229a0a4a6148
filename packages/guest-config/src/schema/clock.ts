import { type Codec, int, oneOf, str, uint, yesNo } from '../dsl/codec.ts';
import { type Alternatives, el, type El, type Infer, union } from '../dsl/el.ts';
import { attr, kid, kids, opt } from '../dsl/field.ts';

const timer = union(
  'timer',
  'name',
  {
    present: opt(attr('present', yesNo)),
    tickpolicy: opt(attr('tickpolicy', oneOf('delay', 'catchup', 'merge', 'discard'))),
    catchup: opt(
      kid(
        el('catchup', {
          threshold: opt(attr('threshold', uint)),
          slew: opt(attr('slew', uint)),
          limit: opt(attr('limit', uint)),
        }),
      ),
    ),
  },
  {
    platform: { track: opt(attr('track', oneOf('boot', 'guest', 'wall', 'realtime'))) },
    rtc: { track: opt(attr('track', oneOf('boot', 'guest', 'wall', 'realtime'))) },
    /** `frequency` is in Hz. */
    tsc: {
      frequency: opt(attr('frequency', uint)),
      mode: opt(attr('mode', oneOf('auto', 'native', 'emulate', 'paravirt', 'smpsafe'))),
    },
    hpet: {},
    pit: {},
    kvmclock: {},
    hypervclock: {},
    armvtimer: {},
  },
);
/** A source of time inside the guest. */
export type Timer = Alternatives<Infer<typeof timer>>;
export const Timer: El<Timer> = timer;

/** Seconds that the guest has moved its clock away from the host's; `reset` forgets them at the next start. */
const adjustment: Codec<number | 'reset'> = {
  parse: (text) => (text === 'reset' ? text : int.parse(text)),
  print: (value) => (value === 'reset' ? value : int.print(value)),
  expected: 'a whole number of seconds, or reset',
};

const clock = union(
  'clock',
  'offset',
  { timers: kids(Timer) },
  {
    utc: { adjustment: opt(attr('adjustment', adjustment)) },
    localtime: { adjustment: opt(attr('adjustment', adjustment)) },
    timezone: { timezone: opt(attr('timezone', str)) },
    variable: {
      adjustment: opt(attr('adjustment', adjustment)),
      basis: opt(attr('basis', oneOf('utc', 'localtime'))),
    },
    /** `start` is in seconds since 1970. */
    absolute: { start: attr('start', uint) },
  },
  'utc',
);
/** What the guest's clock shows: https://libvirt.org/formatdomain.html#time-keeping */
export type Clock = Alternatives<Infer<typeof clock>>;
export const Clock: El<Clock> = clock;
