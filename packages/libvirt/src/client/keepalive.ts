export interface KeepaliveOptions {
  /** Silence after which the server is asked for a sign of life; default 5000. */
  readonly intervalMs?: number | undefined;
  /** Unanswered questions after which the connection is given up; default 5. */
  readonly count?: number | undefined;
}

/** Watches a connection for silence. */
export interface Keepalive {
  /** Bytes came: whatever they mean, the server lives. */
  received(): void;
  /** Nobody reads for now: silence means nothing, and the server is told that this side lives. */
  pause(): void;
  resume(): void;
  stop(): void;
}

interface Callbacks {
  readonly ping: () => void;
  /** Nothing came for this long. */
  readonly dead: (silenceMs: number) => void;
}

/**
 * Pings after an interval in which nothing came, and reports death after `count` of them. It counts intervals instead of reading
 * a clock, so a process that was stopped for a while does not take its own absence for the server's.
 */
export function keepalive({ intervalMs = 5000, count = 5 }: KeepaliveOptions, { ping, dead }: Callbacks): Keepalive {
  let heard = false;
  let unanswered = 0;
  let paused = false;
  const timer = setInterval(() => {
    if (paused) {
      ping();
    } else if (heard) {
      heard = false;
      unanswered = 0;
    } else if (unanswered < count) {
      unanswered++;
      ping();
    } else {
      clearInterval(timer);
      dead((count + 1) * intervalMs);
    }
  }, intervalMs).unref();
  return {
    received() {
      heard = true;
    },
    pause() {
      paused = true;
    },
    resume() {
      if (paused) heard = true;
      paused = false;
    },
    stop: () => clearInterval(timer),
  };
}
