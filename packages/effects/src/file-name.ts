import { EffectsError } from './errors.ts';

/** Checks a name that becomes one part of a path. Throws `EffectsError` `INVALID_NAME`. */
export function checkFileName(what: string, name: string): string {
  if (/^(?!\.)[A-Za-z0-9._-]{1,128}$/.test(name)) return name;
  throw new EffectsError(
    'INVALID_NAME',
    `${what} ${JSON.stringify(name)} must be 1 to 128 letters, digits, dots, dashes or underscores, not beginning with a dot`,
    { name },
  );
}
