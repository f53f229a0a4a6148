import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { specJsonSchema } from './json-schema.ts';

const path = join(import.meta.dirname, '../../spec.schema.json');

test('spec.schema.json is the schema of the specifications that are read (UPDATE=1 writes it anew)', async () => {
  const schema = specJsonSchema();
  if (process.env['UPDATE'] === '1') await writeFile(path, `${JSON.stringify(schema, null, 2)}\n`);
  expect(JSON.parse(await readFile(path, 'utf8'))).toEqual(schema);
});

test('the schema is of 2020-12, closed, and wants sizes with a unit', () => {
  const schema = specJsonSchema() as {
    $schema: string;
    additionalProperties: boolean;
    required: string[];
    properties: { flavor: { properties: { memory: { pattern: string } } } };
  };
  expect(schema.$schema).toBe('https://json-schema.org/draft/2020-12/schema');
  expect(schema.additionalProperties).toBe(false);
  expect(schema.required).toEqual(['name']);
  const memory = new RegExp(schema.properties.flavor.properties.memory.pattern);
  expect(memory.test('512MiB')).toBe(true);
  expect(memory.test('512')).toBe(false);
});
