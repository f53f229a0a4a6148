import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import type { Domain } from '../../src/index.ts';

/** Lets a tiny guest that is paused run until it has opened the agent's port, as an agent would. */
export async function boot(guest: Domain): Promise<void> {
  const signal = AbortSignal.timeout(150_000);
  const tty = await guest.console();
  await guest.resume();
  await until(tty, 'tiny# ', signal);
  await shell(
    tty,
    'for p in /sys/class/virtio-ports/*; do grep -q agent $p/name && exec 3<>/dev/${p##*/}; done',
    signal,
  );
  tty.destroy();
  while (!/guest_agent\.0' state='connected'/.test(await guest.xml())) {
    signal.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Runs a line in the guest's shell, and waits for its end. */
export async function shell(tty: Duplex, line: string, signal: AbortSignal): Promise<void> {
  // One line, since the shell forgets what waits when it prompts; its echo does not have the number.
  tty.write(`${line}${line.endsWith('&') ? '' : ';'} echo done-$((6*7))\n`);
  await until(tty, 'done-42', signal);
}

async function until(tty: Duplex, marker: string, signal: AbortSignal): Promise<void> {
  let output = '';
  while (!output.includes(marker)) {
    const [chunk] = (await once(tty, 'data', { signal })) as [Buffer];
    output += chunk.toString('latin1');
  }
}
