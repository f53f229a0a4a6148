import type { ChecksumFile } from './catalogue.ts';

const digits = { sha256: 64, sha512: 128 } as const;

/**
 * The checksum that a published file has for a name; undefined when it has none. Signatures around the lines do not
 * matter.
 */
export function checksumIn(
  text: string,
  name: string,
  { algorithm, format }: Omit<ChecksumFile, 'url'>,
): string | undefined {
  const hex = `([0-9a-fA-F]{${digits[algorithm]}})`;
  const patterns = {
    sums: new RegExp(`^\\\\?${hex} [ *](?:\\./)?(.+)$`),
    bsd: new RegExp(`^${algorithm.toUpperCase()} \\((.+)\\) = ${hex}$`),
    bare: new RegExp(`^${hex}\\s*$`),
  };
  for (const line of text.split(/\r?\n/)) {
    const [, first = '', second = ''] = patterns[format].exec(line) ?? [];
    const [found, of] = format === 'bsd' ? [second, first] : [first, second];
    if (found !== '' && (format === 'bare' || of === name)) return found.toLowerCase();
  }
  return undefined;
}
