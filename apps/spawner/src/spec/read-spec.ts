import { readFile, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import leven from 'leven';
import { type Document, isMap, LineCounter, parseAllDocuments } from 'yaml';
import type * as z from 'zod';
import { SpawnerError } from '../errors.ts';
import { canonicalSpec } from './canonical-spec.ts';
import { applyLayers, originsOf, type SpecDefaults, type SpecOrigin, type SpecOverride } from './layers.ts';
import { type Spec, specKeys, specSchema } from './schema.ts';

const MAX_SPEC_BYTES = 1024 * 1024;

/** Where a specification came from; relative sources are relative to `directory`. */
export interface SpecFile {
  readonly spec: Spec;
  readonly directory: string;
  readonly origins?: readonly SpecOrigin[];
}

export interface ReadSpecOptions {
  readonly overrides?: readonly SpecOverride[];
  /** What the host's configuration has for what a specification leaves open. */
  readonly host?: SpecDefaults | undefined;
}

/**
 * Reads a YAML or JSON file with one specification; `-` is stdin, whose sources are relative to the working directory.
 * Throws {@link SpawnerError} `USAGE` with line and column of everything that is wrong, or `NOT_FOUND` when the file is
 * not there.
 */
export async function readSpecFile(path: string, options: ReadSpecOptions = {}): Promise<SpecFile> {
  const [file, second] = await readSpecFiles(path, options);
  if (file && !second) return file;
  const what = file ? 'more than one specification' : 'no specification';
  throw new SpawnerError('USAGE', `"${path}" has ${what}, and one is needed here`, {
    fix: file ? `\`spawner apply -f ${path}\` launches all of a file.` : 'It needs a `name` and an `image` at least.',
  });
}

/** As {@link readSpecFile}, of a file with any number of specifications, divided by lines `---`. */
export async function readSpecFiles(path: string, options: ReadSpecOptions = {}): Promise<readonly SpecFile[]> {
  const text = path === '-' ? await readStdin() : await readText(path);
  const directory = path === '-' ? process.cwd() : dirname(resolve(path));
  const files = parseSpecs(text, { name: path === '-' ? 'stdin' : path, ...options });
  return files.map(({ spec, origins }) => ({ spec, directory, origins }));
}

async function readText(path: string): Promise<string> {
  try {
    if ((await stat(path)).size > MAX_SPEC_BYTES) throw tooLarge(path);
    return await readFile(path, 'utf8');
  } catch (cause) {
    if (cause instanceof SpawnerError) throw cause;
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    const what = missing ? 'there is no such file' : (cause as Error).message;
    throw new SpawnerError(missing ? 'NOT_FOUND' : 'USAGE', `Cannot read the specification "${path}": ${what}`, {
      cause,
    });
  }
}

async function readStdin(): Promise<string> {
  let text = '';
  for await (const chunk of process.stdin.setEncoding('utf8')) {
    text += chunk;
    if (text.length > MAX_SPEC_BYTES) throw tooLarge('-');
  }
  return text;
}

function tooLarge(path: string): SpawnerError {
  return new SpawnerError('USAGE', `The specification "${path}" is larger than 1 MiB`, {
    fix: 'Put long user data into the image, or let the guest fetch it.',
  });
}

export interface ParseSpecOptions extends ReadSpecOptions {
  /** Appears in messages. */
  readonly name?: string;
}

/** Validates the text of one specification. Throws {@link SpawnerError} `USAGE`. */
export function parseSpec(text: string, options: ParseSpecOptions = {}): Spec {
  const [file] = parseSpecs(text === '' ? '{}' : text, options);
  if (file) return file.spec;
  throw new SpawnerError(
    'USAGE',
    `${options.name ?? 'specification'}: expected keys and values, such as \`name: web\``,
  );
}

/** Validates a text with any number of specifications. Throws {@link SpawnerError} `USAGE`. */
export function parseSpecs(
  text: string,
  options: ParseSpecOptions = {},
): readonly Required<Omit<SpecFile, 'directory'>>[] {
  const { name = 'specification' } = options;
  const lines = new LineCounter();
  const documents = [...parseAllDocuments(text, { lineCounter: lines })] as Document.Parsed[];
  const files = documents
    .filter(({ contents, errors }) => contents !== null || errors.length > 0)
    .map((document) => readDocument(document, lines, { ...options, name }));
  const names = files.map(({ spec }) => spec.name);
  const twice = names.find((one, index) => names.indexOf(one) < index);
  if (twice === undefined) return files;
  throw new SpawnerError('USAGE', `${name} has the name "${twice}" twice`, { fix: 'Give each instance its own name.' });
}

function readDocument(document: Document.Parsed, lines: LineCounter, options: ParseSpecOptions & { name: string }) {
  const { name, overrides = [], host = {} } = options;
  const [broken] = document.errors;
  if (broken) throw new SpawnerError('USAGE', `${name}: ${broken.message}`, { cause: broken });
  if (!isMap(document.contents)) {
    throw new SpawnerError('USAGE', `${name}: expected keys and values, such as \`name: web\``);
  }
  const origins = applyLayers(document, overrides, host);
  const result = specSchema.safeParse(document.toJS({ maxAliasCount: 100 }));
  if (result.success) {
    const canonical = canonicalSpec({ spec: result.data, directory: '' });
    return { spec: result.data, origins: originsOf(document, canonical, origins) };
  }
  const problems = result.error.issues.flatMap((issue) => describeIssue(issue, document, lines));
  throw new SpawnerError('USAGE', [`${name} is not a valid specification:`, ...problems].join('\n'), {
    fix: 'Correct the lines named; every key is described in the README of @spawnkit/spawner.',
  });
}

function describeIssue(issue: z.core.$ZodIssue, document: Document.Parsed, lines: LineCounter): string[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const hint = suggest(key, specKeys[String(issue.path[0] ?? '')] ?? []);
      return `  ${locate([...issue.path, key], document, lines)}unknown key "${key}"${hint ? `; did you mean "${hint}"?` : ''}`;
    });
  }
  const deepest = issue.code === 'invalid_union' ? deepestIssue(issue) : undefined;
  if (deepest) return describeIssue({ ...deepest, path: [...issue.path, ...deepest.path] }, document, lines);
  const path = issue.path.join('.');
  return [`  ${locate(issue.path, document, lines)}${path ? `${path}: ` : ''}${issue.message}`];
}

/** Of a union's alternatives, the one that was meant: the one that got furthest, if one alone did. */
function deepestIssue(issue: z.core.$ZodIssueInvalidUnion): z.core.$ZodIssue | undefined {
  const [best, second] = issue.errors.filter((issues) => issues.length === 1).sort((a, b) => depth(b) - depth(a));
  return best && depth(best) > 0 && depth(best) > depth(second ?? []) ? best[0] : undefined;
}

function depth(issues: readonly z.core.$ZodIssue[]): number {
  return issues[0]?.path.length ?? 0;
}

function locate(path: readonly PropertyKey[], document: Document.Parsed, lines: LineCounter): string {
  const keys = path.map((key) => (typeof key === 'symbol' ? String(key) : key));
  for (let length = keys.length; length >= 0; length--) {
    const node = document.getIn(keys.slice(0, length), true) as { range?: [number, number, number] } | undefined;
    if (!node?.range) continue;
    const { line, col } = lines.linePos(node.range[0]);
    return `line ${line}, column ${col}: `;
  }
  return '';
}

function suggest(key: string, known: readonly string[]): string | undefined {
  const [best] = known
    .map((name) => ({ name, distance: leven(key.toLowerCase(), name.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  return best && best.distance <= Math.max(2, key.length / 3) ? best.name : undefined;
}
