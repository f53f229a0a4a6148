import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { comparedSpawn, undoneByNova } from '../../test/recorded/compared-spawn.ts';
import { expectedOfFiles, type FilesCase, runFilesCase } from '../../test/recorded/recorded-files.ts';
import type { SpawnCase } from '../../test/recorded/recorded-spawn-case.ts';
import { runSpawnCase } from '../../test/recorded/run-spawn-case.ts';
import { hypervisorException, spawnException } from '../../test/recorded/spawn-exceptions.ts';

function recorded(name: string): unknown {
  return JSON.parse(readFileSync(join(import.meta.dirname, '../../test/vectors/spawn', `${name}.json`), 'utf8'));
}

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
const spawns = recorded('spawn') as { readonly cases: readonly SpawnCase[] };
const files = recorded('files') as { readonly cases: readonly FilesCase[] };
const offered = spawns.cases.filter((one) => hypervisorException(one) === undefined);

test.each(offered.map((one) => [one.id, one] as const))('spawn does what Nova recorded: %s', async (_, one) => {
  const undone = undoneByNova(one);
  if (undone) expect(undone.actual).toEqual(undone.expected);
  const outcome = await runSpawnCase(one);
  const { expected, actual } = comparedSpawn(one, outcome);
  const isEqual = (instead: Readonly<Record<string, unknown>>) => {
    expect(plain(actual)).toEqual(plain({ ...(expected as object), ...instead }));
    return true;
  };
  if (spawnException(one, outcome, isEqual) === undefined) isEqual({});
});

test.each(files.cases.map((one) => [one.id, one] as const))(
  'files of an instance are made and removed as Nova recorded: %s',
  async (_, one) => {
    expect(await runFilesCase(one)).toEqual(expectedOfFiles(one));
  },
);
