import type { Size } from './schema/common.ts';

/** What libvirt takes as a unit, in bytes: https://libvirt.org/formatdomain.html#memory-allocation */
const bytesOf: ReadonlyMap<string, bigint> = new Map([
  ['b', 1n],
  ['byte', 1n],
  ['bytes', 1n],
  ...['k', 'm', 'g', 't', 'p', 'e'].flatMap((letter, index): readonly (readonly [string, bigint])[] => {
    const power = BigInt(index + 1);
    return [
      [letter, 1024n ** power],
      [`${letter}ib`, 1024n ** power],
      [`${letter}b`, 1000n ** power],
    ];
  }),
]);

/** An amount in KiB. */
export function KiB(count: number | bigint): Size {
  return { value: BigInt(count), unit: 'KiB' };
}

/** An amount in MiB. */
export function MiB(count: number | bigint): Size {
  return { value: BigInt(count), unit: 'MiB' };
}

/** An amount in GiB: `memory: GiB(2)`. */
export function GiB(count: number | bigint): Size {
  return { value: BigInt(count), unit: 'GiB' };
}

/**
 * Bytes of an amount. Most elements count in KiB when they name no unit; give another `unit` for those that do not.
 *
 * @throws RangeError at a unit that libvirt does not know.
 */
export function toBytes(size: Pick<Size, 'value' | 'unit'>, unit = 'KiB'): bigint {
  const word = size.unit ?? unit;
  const bytes = bytesOf.get(word.toLowerCase());
  if (bytes === undefined) {
    throw new RangeError(
      `Cannot tell how many bytes ${size.value} ${JSON.stringify(word)} are: expected a unit such as bytes, KiB or MB`,
    );
  }
  return size.value * bytes;
}
