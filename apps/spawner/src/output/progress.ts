import { styleText } from 'node:util';
import type { OnProgress, ProgressEvent } from '../progress.ts';
import { formatSize } from '../spec/units.ts';
import { toJson } from './json.ts';

const PLAIN_DOWNLOAD_INTERVAL_MS = 5000;
const HEARTBEAT_MS = 15_000;

export type ProgressStyle = 'terminal' | 'plain' | 'json' | 'quiet';

/**
 * How progress is shown: one line that is rewritten on a terminal, plain lines elsewhere, with a sign of life while a step takes
 * long, NDJSON for programs; always on stderr.
 */
export function progressPrinter(style: ProgressStyle, stream: NodeJS.WriteStream = process.stderr): ProgressPrinter {
  return printers[style](stream);
}

interface ProgressPrinter {
  readonly onProgress: OnProgress;
  /** Ends a line that is still being rewritten; whatever is printed next begins on a clean one. */
  end(): void;
}

const printers: Readonly<Record<ProgressStyle, (stream: NodeJS.WriteStream) => ProgressPrinter>> = {
  terminal: terminalPrinter,
  plain: plainPrinter,
  json: (stream) => ({ onProgress: (event) => stream.write(`${toJson(event)}\n`), end() {} }),
  quiet: () => ({ onProgress() {}, end() {} }),
};

function terminalPrinter(stream: NodeJS.WriteStream) {
  let open = false;
  const started = performance.now();
  const end = () => {
    if (open) stream.write('\r\u001B[K');
    open = false;
  };
  return {
    onProgress(event: ProgressEvent) {
      if (event.type === 'warning') {
        end();
        stream.write(`${styleText('yellow', 'warning:', { stream })} ${event.message}\n`);
        return;
      }
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      const line = `${styleText('dim', `${seconds}s`, { stream })} ${describe(event)}`;
      stream.write(`\r\u001B[K${line.slice(0, Math.max(20, stream.columns ?? 80))}`);
      open = true;
    },
    end,
  };
}

function plainPrinter(stream: NodeJS.WriteStream) {
  let lastDownload = 0;
  let last = { what: '', since: performance.now() };
  // Whoever reads a log sees that a long step goes on.
  const heartbeat = setInterval(() => {
    const seconds = Math.round((performance.now() - last.since) / 1000);
    if (last.what !== '') stream.write(`${last.what} (${seconds} s)\n`);
  }, HEARTBEAT_MS).unref();
  return {
    onProgress(event: ProgressEvent) {
      if (event.type === 'step') last = { what: describe(event), since: performance.now() };
      if (event.type === 'download') {
        if (performance.now() - lastDownload < PLAIN_DOWNLOAD_INTERVAL_MS) return;
        lastDownload = performance.now();
      }
      stream.write(`${describe(event)}\n`);
    },
    end() {
      clearInterval(heartbeat);
    },
  };
}

function describe(event: ProgressEvent): string {
  if (event.type === 'step') return event.detail ? `${event.step}: ${event.detail}` : event.step;
  if (event.type === 'warning') return `warning: ${event.message}`;
  return `image: ${formatSize(event.bytes)}${event.total ? ` of ${formatSize(event.total)}` : ''} of ${event.source}`;
}
