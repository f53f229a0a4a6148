import * as z from 'zod';
import { specSchema } from './schema.ts';

/** The JSON Schema (2020-12) of a specification as people write it, for editors and other programs. */
export function specJsonSchema(): object {
  const generated = z.toJSONSchema(specSchema, { target: 'draft-2020-12', io: 'input', unrepresentable: 'any' });
  return { ...generated, title: 'A specification of spawner' };
}
