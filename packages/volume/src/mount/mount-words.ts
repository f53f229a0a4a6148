import { type ConnectionData, invalid, secretOf } from '../connection-data.ts';

/** The mount options of a connection info as words for mount(8): `-o`, its value, … Throws `INVALID_CONNECTION_INFO`. */
export function mountWords(data: ConnectionData): readonly string[] {
  const options = secretOf(data, 'options')?.reveal() ?? '';
  return checkMountWords('options', options);
}

/** Splits mount options; only `-o` may begin with a dash, for any other would be an option of the program. */
export function checkMountWords(field: string, options: string): readonly string[] {
  const words = options.split(/\s+/).filter((word) => word !== '');
  const isStray = words.some((word, index) =>
    word.startsWith('-') ? word !== '-o' || index === words.length - 1 : words[index - 1] !== '-o',
  );
  if (!isStray) return words;
  throw invalid(field, '***', 'mount options such as "-o vers=4.2,nodev"');
}
