import type { Frame } from '../wire/frame.ts';

/** Who waits for the packets of one serial. */
export interface Route {
  reply(frame: Frame): void;
  /** A packet of the stream that the call opened. */
  packet(frame: Frame): void;
  /** The connection is over. */
  lost(): void;
}

/** The waiting calls and open streams of a connection by serial. */
export interface Routes {
  /** A serial that nobody waits for. */
  reserve(): number;
  set(serial: number, route: Route): void;
  get(serial: number): Route | undefined;
  delete(serial: number): void;
  /** Tells everybody that the connection is over, and forgets them. */
  lose(): void;
}

const SERIALS = 2 ** 32;

export function routes(): Routes {
  const bySerial = new Map<number, Route>();
  let last = 0;
  return {
    reserve() {
      // 0 belongs to messages; an open stream may still own a serial when the count comes round.
      do last = (last + 1) % SERIALS;
      while (last === 0 || bySerial.has(last));
      return last;
    },
    set: (serial, route) => bySerial.set(serial, route),
    get: (serial) => bySerial.get(serial),
    delete: (serial) => bySerial.delete(serial),
    lose() {
      const waiting = [...bySerial.values()];
      bySerial.clear();
      for (const route of waiting) route.lost();
    },
  };
}
