import { specJsonSchema } from '../spec/json-schema.ts';

/** `spawner schema`: the JSON Schema of specifications; the same as `spec.schema.json` of this package. */
export async function printSchema(): Promise<void> {
  process.stdout.write(`${JSON.stringify(specJsonSchema(), null, 2)}\n`);
}
