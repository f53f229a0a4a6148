const factors: Readonly<Record<string, bigint>> = {
  B: 1n,
  KiB: 1n << 10n,
  MiB: 1n << 20n,
  GiB: 1n << 30n,
  TiB: 1n << 40n,
  KB: 1000n,
  MB: 1000n ** 2n,
  GB: 1000n ** 3n,
  TB: 1000n ** 4n,
};

/** What a size in a specification looks like, for messages. */
export const sizeHint = `a number with its unit (${Object.keys(factors).join(', ')}), for example 512MiB`;

/** Bytes of `512MiB`, `1.5 GiB`, `20GB`; undefined when the text is not a size with a unit or not a whole number of bytes. */
export function parseSize(text: string): bigint | undefined {
  const match = /^(\d+)(?:\.(\d+))?\s*([A-Za-z]+)$/.exec(text.trim());
  const factor = match?.[3] && Object.hasOwn(factors, match[3]) ? factors[match[3]] : undefined;
  if (!match?.[1] || factor === undefined) return undefined;
  const decimals = match[2] ?? '';
  const scaled = BigInt(match[1] + decimals) * factor;
  const divisor = 10n ** BigInt(decimals.length);
  return scaled % divisor === 0n ? scaled / divisor : undefined;
}

/** `1610612736n` → `1.5 GiB`: at most one decimal, binary units. */
export function formatSize(bytes: bigint): string {
  const unit = (['TiB', 'GiB', 'MiB', 'KiB'] as const).find((name) => bytes >= (factors[name] ?? 1n));
  if (!unit) return `${bytes} B`;
  const value = Number((bytes * 10n) / (factors[unit] ?? 1n)) / 10;
  return `${value} ${unit}`;
}
