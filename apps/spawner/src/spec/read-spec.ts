import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import leven from 'leven';
import { type Document, LineCounter, parseDocument } from 'yaml';
import type * as z from 'zod';
import { SpawnerError } from '../errors.ts';
import { type Spec, specKeys, specSchema } from './schema.ts';

const MAX_SPEC_BYTES = 1024 * 1024;

/** Where a specification came from; relative sources are relative to `directory`. */
export interface SpecFile {
  readonly spec: Spec;
  readonly directory: string;
}

/**
 * Reads a YAML or JSON specification. Throws {@link SpawnerError} `USAGE` with line and column of everything that is wrong,
 * or `NOT_FOUND` when the file is not there.
 */
export async function readSpecFile(path: string): Promise<SpecFile> {
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    const what = cause.code === 'ENOENT' ? 'there is no such file' : cause.message;
    throw new SpawnerError(
      cause.code === 'ENOENT' ? 'NOT_FOUND' : 'USAGE',
      `Cannot read the specification "${path}": ${what}`,
      { cause },
    );
  });
  if (text.length > MAX_SPEC_BYTES) {
    throw new SpawnerError(
      'USAGE',
      `The specification "${path}" is larger than 1 MiB; put long user data into the image or fetch it from the guest`,
    );
  }
  return { spec: parseSpec(text, path), directory: dirname(resolve(path)) };
}

/** Validates the text of a specification; `name` appears in messages. */
export function parseSpec(text: string, name = 'specification'): Spec {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const [broken] = document.errors;
  if (broken) throw new SpawnerError('USAGE', `${name}: ${broken.message}`, { cause: broken });
  const result = specSchema.safeParse(document.toJS({ maxAliasCount: 100 }));
  if (result.success) return result.data;
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
