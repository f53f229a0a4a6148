import { readFile, stat } from 'node:fs/promises';
import { ConfigDriveError } from './errors.ts';
import { type Json, parseJson } from './json-text.ts';

/** What the operator tells every guest. */
export interface VendorData {
  /** The static document; default `{}`. */
  readonly static?: Json | undefined;
  /** Answers of dynamic targets, by target name: merged into `vendor_data2.json` beside `static`. */
  readonly dynamic?: Readonly<Record<string, Json>> | undefined;
  /**
   * Nova's `vendordata_providers`; default StaticJSON, and DynamicJSON too when `dynamic` is given. Without StaticJSON
   * there is no `vendor_data.json` and the whole drive fails with VENDOR_DATA_MISSING, as in Nova.
   */
  readonly providers?: readonly string[] | undefined;
}

const maxFileBytes = 16 * 1024 * 1024;

/** The two vendor data documents of a drive. Throws VENDOR_DATA_MISSING. */
export function vendorDataDocuments(vendorData: VendorData = {}): { v1: Json; v2: Json } {
  const providers = vendorData.providers ?? ['StaticJSON', 'DynamicJSON'];
  if (!providers.includes('StaticJSON')) {
    throw new ConfigDriveError(
      'VENDOR_DATA_MISSING',
      `Cannot write "vendor_data.json": the vendor data providers are ${JSON.stringify(providers)}, and it needs "StaticJSON" among them.`,
      { providers },
    );
  }
  const document = vendorData.static ?? {};
  const dynamic = providers.includes('DynamicJSON') ? vendorData.dynamic : undefined;
  return { v1: document, v2: { static: document, ...dynamic } };
}

/** Reads a vendor data file (`vendordata_jsonfile_path`). Throws VENDOR_DATA_UNREADABLE. */
export async function readVendorDataFile(
  path: string,
  options: { signal?: AbortSignal | undefined } = {},
): Promise<Json> {
  try {
    const { size } = await stat(path);
    if (size > maxFileBytes) throw new Error(`it has ${size} bytes, at most ${maxFileBytes} are read`);
    return parseJson(await readFile(path, { encoding: 'utf8', signal: options.signal }));
  } catch (cause) {
    options.signal?.throwIfAborted();
    throw new ConfigDriveError(
      'VENDOR_DATA_UNREADABLE',
      `Cannot read vendor data from "${path}": ${cause instanceof Error ? cause.message : String(cause)}. The file must hold one JSON document.`,
      { path },
      { cause },
    );
  }
}
