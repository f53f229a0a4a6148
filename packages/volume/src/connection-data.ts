import { Secret } from '@spawnkit/effects';
import { VolumeError } from './errors.ts';

/** The part of a connection info that belongs to its driver, under the volume service's own key names. */
export type ConnectionData = Readonly<Record<string, unknown>>;

/** A text that must be there. Throws `INVALID_CONNECTION_INFO`, as the other readers do. */
export function requiredText(data: ConnectionData, field: string): string {
  const value = optionalText(data, field);
  if (value !== undefined) return value;
  throw invalid(field, data[field], 'a text that is not empty');
}

/** A text, or undefined for what is missing, null or empty. Numbers count as their text. */
export function optionalText(data: ConnectionData, field: string): string | undefined {
  const value = data[field];
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string' && !/\p{Cc}/u.test(value)) return value;
  throw invalid(field, value, 'a text without control characters');
}

/** A whole number, as number or text; undefined for what is missing or null. */
export function optionalCount(data: ConnectionData, field: string, most = Number.MAX_SAFE_INTEGER): number | undefined {
  const value = data[field];
  if (value === undefined || value === null) return undefined;
  const number = typeof value === 'string' && /^\s*\d{1,16}\s*$/.test(value) ? Number(value) : value;
  if (typeof number === 'number' && Number.isSafeInteger(number) && number >= 0 && number <= most) return number;
  throw invalid(field, value, `a whole number from 0 to ${most}`);
}

/** A whole number that must be there. */
export function requiredCount(data: ConnectionData, field: string, most?: number): number {
  const value = optionalCount(data, field, most);
  if (value !== undefined) return value;
  throw invalid(field, data[field], 'a whole number');
}

/** A list of texts; a single text is a list of one. */
export function textList(data: ConnectionData, field: string): readonly string[] {
  const value = data[field];
  if (value === undefined || value === null) return [];
  const list = Array.isArray(value) ? value : [value];
  return list.map((_, index) => requiredText(Object.fromEntries(list.entries()), String(index)));
}

/** A secret, sealed already or still plain; undefined for what is missing, null or empty. */
export function secretOf(data: ConnectionData, field: string): Secret | undefined {
  const value = data[field];
  if (value instanceof Secret) return value;
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value === 'string') return new Secret(value);
  throw invalid(field, '***', 'a text');
}

/** The error for a field. A value that may be a secret is not for its message. */
export function invalid(field: string, value: unknown, expected: string): VolumeError {
  const shown = value instanceof Secret ? '***' : (JSON.stringify(value) ?? 'nothing').slice(0, 200);
  const message = `The connection info of a volume has ${shown} as ${field}, expected ${expected}`;
  return new VolumeError('INVALID_CONNECTION_INFO', message, {
    context: { field, expected },
    fix: 'Correct the volume, its type or its QoS specification in the volume service.',
  });
}
