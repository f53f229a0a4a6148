import { PassThrough } from 'node:stream';
import { afterEach, expect, test, vi } from 'vitest';
import { progressPrinter } from './progress.ts';

afterEach(() => vi.useRealTimers());

function printed() {
  const stream = new PassThrough().setEncoding('utf8');
  return {
    // A printer without a terminal only writes.
    stream: stream as unknown as NodeJS.WriteStream,
    text: () => (stream.read() as string | null) ?? '',
  };
}

test('a long step gives a sign of life where there is no terminal, until the end', () => {
  vi.useFakeTimers();
  const { stream, text } = printed();
  const printer = progressPrinter('plain', stream);
  vi.advanceTimersByTime(15_000);
  expect(text()).toBe('');
  printer.onProgress({ type: 'step', step: 'launch', detail: 'web' });
  vi.advanceTimersByTime(30_000);
  expect(text()).toBe('launch: web\nlaunch: web (15 s)\nlaunch: web (30 s)\n');
  printer.end();
  vi.advanceTimersByTime(30_000);
  expect(text()).toBe('');
});

test('programs get one object per line, and with --quiet nobody gets anything', () => {
  const { stream, text } = printed();
  progressPrinter('json', stream).onProgress({ type: 'download', source: 'a', bytes: 5n, total: 2n ** 60n });
  expect(text()).toBe('{"type":"download","source":"a","bytes":5,"total":"1152921504606846976"}\n');
  progressPrinter('quiet', stream).onProgress({ type: 'step', step: 'launch' });
  expect(text()).toBe('');
});
