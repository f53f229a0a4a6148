import { once } from 'node:events';
import type { Domain } from '../../src/index.ts';

/** The console of a tiny guest. */
export interface Terminal {
  /** Waits until the guest has printed something, since the last time that somebody waited. */
  until(marker: string): Promise<void>;
  /** Runs a line in the guest's shell, and waits for its end. */
  run(line: string): Promise<void>;
  close(): void;
}

export async function openTerminal(guest: Domain, signal: AbortSignal): Promise<Terminal> {
  const tty = await guest.console({ force: true });
  let output = '';
  tty.on('data', (chunk: Buffer) => (output += chunk.toString('latin1')));
  tty.on('error', () => {});
  const until = async (marker: string) => {
    while (!output.includes(marker)) await once(tty, 'data', { signal });
    output = output.slice(output.indexOf(marker) + marker.length);
  };
  return {
    until,
    async run(line) {
      // One line, since the shell forgets what waits when it prompts; its echo does not have the number.
      tty.write(`${line}${line.endsWith('&') ? '' : ';'} echo done-$((6*7))\n`);
      await until('done-42');
    },
    close: () => void tty.destroy(),
  };
}

/** Lets a tiny guest that is paused run until it has opened the agent's port, as an agent would. */
export async function boot(guest: Domain): Promise<void> {
  const signal = AbortSignal.timeout(150_000);
  const terminal = await openTerminal(guest, signal);
  await guest.resume();
  await terminal.until('tiny# ');
  await terminal.run('for p in /sys/class/virtio-ports/*; do grep -q agent $p/name && exec 3<>/dev/${p##*/}; done');
  terminal.close();
  while (!/guest_agent\.0' state='connected'/.test(await guest.xml())) {
    signal.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
