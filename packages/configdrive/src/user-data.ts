import { gunzipSync } from 'node:zlib';
import { isMap, isSeq, LineCounter, parseDocument } from 'yaml';
import { ConfigDriveError } from './errors.ts';
import { checkUserDataBytes } from './metadata-limits.ts';
import type { MetadataLimits } from './metadata-request.ts';

/** What cloud-init will take user data for, by its first line ("User-data formats" of its documentation). */
export type UserDataKind =
  | 'empty'
  | 'cloud-config'
  | 'cloud-config-archive'
  | 'jinja'
  | 'script'
  | 'boothook'
  | 'include'
  | 'part-handler'
  | 'multipart'
  /** Anything else: passed on as it is, for agents other than cloud-init. */
  | 'other';

export interface UserDataReport {
  readonly kind: UserDataKind;
  readonly gzip: boolean;
  /** Bytes as given. */
  readonly bytes: number;
}

const maxUnpackedBytes = 16 * 1024 * 1024;
const firstLines: readonly (readonly [RegExp, UserDataKind])[] = [
  [/^## template: *jinja/, 'jinja'],
  [/^#cloud-config-archive\b/, 'cloud-config-archive'],
  [/^#cloud-config\b/, 'cloud-config'],
  [/^#cloud-boothook\b/, 'boothook'],
  [/^#include(?:-once)?\b/, 'include'],
  [/^#part-handler\b/, 'part-handler'],
  [/^#!/, 'script'],
  [/^(?:content-type: *multipart\/|mime-version:)/i, 'multipart'],
];

/**
 * Checks user data before a guest boots with it: its size, gzip unpacks, `#cloud-config` (alone or as a part of a multipart)
 * is a YAML mapping, a multipart has its boundaries. Throws INVALID_USER_DATA, for YAML with `line` and `column`, counted
 * from 1; TOO_LARGE.
 */
export function checkUserData(
  userData: string | Uint8Array,
  limits: Pick<MetadataLimits, 'userDataBytes'> = {},
): UserDataReport {
  const raw = Buffer.from(typeof userData === 'string' ? new TextEncoder().encode(userData) : userData);
  checkUserDataBytes(raw.length, limits.userDataBytes);
  const gzip = raw.length > 2 && raw[0] === 0x1f && raw[1] === 0x8b;
  const text = (gzip ? unpacked(raw) : raw).toString('utf8');
  return { kind: checkedKind(text, 'user data'), gzip, bytes: raw.length };
}

function checkedKind(text: string, where: string): UserDataKind {
  const kind = text === '' ? 'empty' : (firstLines.find(([pattern]) => pattern.test(text))?.[1] ?? 'other');
  if (kind === 'cloud-config' || kind === 'cloud-config-archive') checkYaml(text, kind, where);
  if (kind === 'multipart') checkMultipart(text, where);
  return kind;
}

function checkYaml(text: string, kind: 'cloud-config' | 'cloud-config-archive', where: string): void {
  const lineCounter = new LineCounter();
  // As PyYAML reads it: version 1.1, and of equal keys the last wins.
  const options = { lineCounter, prettyErrors: false, version: '1.1', uniqueKeys: false } as const;
  const document = parseDocument(text, options);
  const [error] = document.errors;
  if (error) {
    const { line, col } = lineCounter.linePos(error.pos[0]);
    throw invalid(
      `${where} is no valid YAML at line ${line}, column ${col}: ${error.message}`,
      { line, column: col },
      error,
    );
  }
  const { contents } = document;
  const archive = kind === 'cloud-config-archive';
  if (contents === null || (archive ? isSeq(contents) : isMap(contents))) return;
  const { line, col } = lineCounter.linePos(contents.range?.[0] ?? 0);
  const wanted = archive ? 'a list' : 'a mapping such as "packages: [curl]"';
  throw invalid(`${where} starts with "#${kind}" and is not ${wanted} at line ${line}`, { line, column: col });
}

function checkMultipart(text: string, where: string): void {
  const [head, body] = headAndBody(text);
  const boundary = /\bboundary="?([^"\r\n;]+)"?/i.exec(head)?.[1];
  if (boundary === undefined) throw invalid(`${where} is a multipart without a "boundary" in its Content-Type`);
  const lines = body.split(/\r?\n/);
  if (!lines.includes(`--${boundary}--`)) {
    throw invalid(`${where} is a multipart whose last line "--${boundary}--" is missing`);
  }
  const parts = `\n${lines.join('\n')}`.split(`\n--${boundary}`).slice(1, -1);
  for (const [index, part] of parts.entries()) checkPart(part.replace(/^\n/, ''), `part ${index + 1} of ${where}`);
}

function checkPart(part: string, where: string): void {
  const [head, body] = headAndBody(part);
  const base64 = /^content-transfer-encoding: *base64/im.test(head);
  const text = base64 ? Buffer.from(body, 'base64').toString('utf8') : body;
  if (/^content-type: *text\/cloud-config\b/im.test(head)) checkYaml(text, 'cloud-config', where);
  else checkedKind(text, where);
}

function headAndBody(message: string): readonly [string, string] {
  const end = /\r?\n\r?\n/.exec(message);
  return end ? [message.slice(0, end.index), message.slice(end.index + end[0].length)] : [message, ''];
}

function unpacked(raw: Buffer): Buffer {
  try {
    return gunzipSync(raw, { maxOutputLength: maxUnpackedBytes });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw invalid(`the gzip does not unpack to at most ${maxUnpackedBytes} bytes: ${reason}`, {}, cause);
  }
}

function invalid(problem: string, context: Readonly<Record<string, unknown>> = {}, cause?: unknown): ConfigDriveError {
  return new ConfigDriveError(
    'INVALID_USER_DATA',
    `Cannot use the user data: ${problem}. The guest would boot without it; correct it first.`,
    context,
    cause === undefined ? {} : { cause },
  );
}
