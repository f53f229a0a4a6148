/** A JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/**
 * JSON text as Python's `json.dumps` writes it, which is what guests get from Nova: a space after `,` and `:`, and ASCII
 * only, everything else as `\uXXXX`.
 */
export function jsonText(value: Json): string {
  if (isList(value)) return `[${value.map(jsonText).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    return `{${Object.entries(value)
      .map(([key, item]) => `${scalarText(key)}: ${jsonText(item)}`)
      .join(', ')}}`;
  }
  return scalarText(value);
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function scalarText(value: null | boolean | number | string): string {
  return JSON.stringify(value).replace(
    /[^ -~]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
