import type { GuestQuestions, InjectionOperation, InjectionStep } from './injection-plan.ts';

/** Printed when the guest is open, so that what fails afterwards is known to be an operation's fault. */
export const openedMark = 'opened';
/** Bytes of a guest's file that are read at most. */
export const maxReadBytes = 1024 * 1024;

/** A file to be uploaded: the script names it, the caller writes it. */
export interface Upload {
  readonly name: string;
  readonly content: string | Uint8Array;
}

/**
 * Commands that answer the questions: a line `true` or `false` for each path, and for each text a local file, named by its
 * number, which is one byte longer than allowed when the guest's is too long. A text that cannot be read makes no file.
 */
export function lookScript({ exist, read }: GuestQuestions): string {
  return [
    `echo ${openedMark}`,
    ...exist.map((path) => `exists ${guestPath(path)}`),
    ...read.map((path, index) => `-download-offset ${guestPath(path)} ${index} 0 ${maxReadBytes + 1}`),
    '',
  ].join('\n');
}

/** Commands that apply the steps, a mark after each, and the files that they upload. */
export function applyScript(steps: readonly InjectionStep[]): {
  readonly script: string;
  readonly uploads: readonly Upload[];
} {
  const uploads: Upload[] = [];
  const upload = (content: string | Uint8Array) => {
    const name = `upload-${uploads.length}`;
    uploads.push({ name, content });
    return name;
  };
  const lines = steps.flatMap((step, index) => [
    ...step.operations.map((operation) => commandOf(operation, upload)),
    `echo ${doneMark(index)}`,
  ]);
  return { script: [`echo ${openedMark}`, ...lines, ''].join('\n'), uploads };
}

/** Printed when the step of that number is done. */
export function doneMark(index: number): string {
  return `done-${index}`;
}

function commandOf(operation: InjectionOperation, upload: (content: string | Uint8Array) => string): string {
  const path = guestPath(operation.path);
  if (operation.kind === 'makePath') return `mkdir-p ${path}`;
  if (operation.kind === 'giveToRoot') return `chown 0 0 ${path}`;
  if (operation.kind === 'setMode') return `chmod 0${operation.mode.toString(8)} ${path}`;
  if (operation.kind === 'append') return `write-append ${path} ${quoted(operation.text)}`;
  return `upload ${upload(operation.content)} ${path}`;
}

function guestPath(path: string): string {
  return quoted(`/${path.replace(/^\/+/, '')}`);
}

/** An argument of guestfish(1) in double quotes: all but plain ASCII as `\xHH` bytes. */
function quoted(text: string): string {
  const bytes = [...Buffer.from(text, 'utf8')].map((byte) => {
    const character = String.fromCharCode(byte);
    return /[\w ./:,+@%=#!-]/.test(character) ? character : `\\x${byte.toString(16).padStart(2, '0')}`;
  });
  return `"${bytes.join('')}"`;
}
