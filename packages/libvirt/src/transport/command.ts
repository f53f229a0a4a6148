import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Duplex, type Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { ConnectionLostError } from '../errors.ts';
import type { Transport } from './transport.ts';

export interface CommandOptions {
  /** What it leads to, for messages. */
  readonly name: string;
  /** Looked for in PATH. */
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly secure: boolean;
}

/** How long a program may take to end when it is asked to. */
const TERM_MS = 2000;
/** Its last words may come after its end, and a child of its own may keep them open for ever. */
const LAST_WORDS_MS = 200;
const MAX_WORDS = 2000;

/** A program whose standard input and output lead to a server. It ends with the stream. */
export function commandTransport({ name, file, args, env, secure }: CommandOptions): Transport {
  return {
    name,
    secure,
    async open({ signal }) {
      signal?.throwIfAborted();
      const child = spawn(file, args, { env, stdio: 'pipe' });
      await once(child, 'spawn').catch((cause: Error) => {
        throw unreachable(name, cause.message, cause);
      });
      // A signal that cannot be delivered is no news.
      child.on('error', () => {});
      if (signal?.aborted) await end(child);
      signal?.throwIfAborted();
      return stream(child, { name, file });
    },
  };
}

function stream(child: ChildProcessWithoutNullStreams, { name, file }: { name: string; file: string }): Duplex {
  const { stdin, stdout, stderr } = child;
  let heard = false;
  const duplex = new Duplex({
    allowHalfOpen: false,
    read: () => void stdout.resume(),
    // What cannot be written is explained by how the program ends.
    write: (chunk, _encoding, done) => void stdin.write(chunk, () => done()),
    final(done) {
      // Its own callback never comes when the program has ended before.
      stdin.end();
      done();
    },
    destroy: (error, done) => void end(child).then(() => done(error)),
  });
  stdin.on('error', () => {});
  stdout.on('data', (chunk) => {
    heard = true;
    if (!duplex.push(chunk)) stdout.pause();
  });
  void ended(child, lastWords(stderr)).then((how) => {
    if (!heard) duplex.destroy(unreachable(name, `${file} ${how || 'ended without a word'}`));
    else if (how === '') duplex.push(null);
    else duplex.destroy(new Error(`${file} ${how}`));
  });
  return duplex;
}

/** How a program ended, with its last words; empty when there is nothing to say. */
async function ended(child: ChildProcessWithoutNullStreams, words: () => string): Promise<string> {
  const said = closed(child.stderr);
  await Promise.all([exited(child), closed(child.stdout)]);
  await Promise.race([said, delay(LAST_WORDS_MS, undefined, { ref: false })]);
  const { exitCode, signalCode } = child;
  if (exitCode === 0 && words() === '') return '';
  const how = `ended with ${signalCode ?? `exit code ${exitCode}`}`;
  return words() === '' ? how : `${how}: ${words()}`;
}

function lastWords(stderr: Readable): () => string {
  let words = '';
  stderr.setEncoding('utf8').on('data', (text: string) => (words = (words + text).slice(-MAX_WORDS)));
  return () => words.trim().replaceAll(/\s*\n\s*/g, '; ');
}

async function end(child: ChildProcessWithoutNullStreams): Promise<void> {
  const timer = setTimeout(() => child.kill('SIGKILL'), TERM_MS);
  child.kill('SIGTERM');
  await exited(child);
  clearTimeout(timer);
  // A process that it has left behind, such as ssh's shared master, may hold the other ends for ever.
  for (const pipe of [child.stdin, child.stdout, child.stderr]) pipe.destroy();
}

function exited(child: ChildProcessWithoutNullStreams): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => child.once('exit', () => resolve()));
}

function closed(pipe: Readable): Promise<void> {
  return new Promise((resolve) => pipe.once('close', () => resolve()));
}

function unreachable(name: string, why: string, cause?: Error): ConnectionLostError {
  return new ConnectionLostError('UNREACHABLE', `Cannot connect to ${name}: ${why}`, { cause });
}
