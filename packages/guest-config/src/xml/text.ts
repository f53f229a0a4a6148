const named: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
]);
const reference = /&(?:#(\d{1,8})|#x([0-9a-fA-F]{1,7})|([a-z]+));/g;
const anyReference = /&(?:#(\d{1,8});|#x([0-9a-fA-F]{1,7});|(amp|lt|gt|quot|apos);)?/g;
const unprintable = /[^\t\n\r\u0020-\uFFFD]/;

/** Resolves the five named and all numeric references. The scanner has refused every other `&`. @internal */
export function decodeReferences(raw: string): string {
  return raw.replace(reference, (whole, decimal?: string, hex?: string, name?: string) =>
    name === undefined ? String.fromCodePoint(codePoint(decimal, hex)) : (named.get(name) ?? whole),
  );
}

/** An attribute's value: white space becomes blanks (XML 1.0, 3.3.3), then references are resolved. @internal */
export function decodeAttribute(raw: string): string {
  return /[&\t\n\r]/.test(raw) ? decodeReferences(raw.replace(/[\t\n\r]/g, ' ')) : raw;
}

/** Where the first bad reference stands in raw text, or -1. @internal */
export function badReference(raw: string): number {
  for (const match of raw.matchAll(anyReference)) {
    const [whole, decimal, hex] = match;
    if (whole === '&') return match.index;
    if ((decimal ?? hex) !== undefined && !isChar(codePoint(decimal, hex))) return match.index;
  }
  return -1;
}

/** Whether text can stand in an XML 1.0 document at all. @internal */
export function isXmlText(text: string): boolean {
  return !unprintable.test(text) && text.isWellFormed();
}

/**
 * Text as xmlbuilder2 must get it: it leaves `&` alone where it looks like a reference, and writes `\r` as it is.
 *
 * @internal
 */
export function encodeText(text: string): string {
  return /[&\r]/.test(text) ? text.replaceAll('&', '&amp;').replaceAll('\r', '&#13;') : text;
}

/** The same for an attribute, whose tabs and line ends a reader would turn into blanks. @internal */
export function encodeAttribute(text: string): string {
  if (!/[&\t\n\r]/.test(text)) return text;
  return encodeText(text).replaceAll('\t', '&#9;').replaceAll('\n', '&#10;');
}

function codePoint(decimal: string | undefined, hex: string | undefined): number {
  return decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal);
}

function isChar(code: number): boolean {
  if (code < 0x20) return code === 9 || code === 10 || code === 13;
  return code < 0xd800 || (code > 0xdfff && code < 0xfffe) || (code > 0xffff && code <= 0x10ffff);
}
