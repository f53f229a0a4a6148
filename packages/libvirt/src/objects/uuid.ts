const FORM = /^[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}$/i;

/** The 16 bytes of a UUID. Throws a TypeError unless it is 32 hexadecimal digits, with the usual dashes or without. */
export function uuidBytes(text: string): Uint8Array {
  if (!FORM.test(text)) throw new TypeError(`"${text}" is no UUID; it looks like 01234567-89ab-cdef-0123-456789abcdef`);
  return Uint8Array.from(Buffer.from(text.replaceAll('-', ''), 'hex'));
}

/** The usual text of a UUID's 16 bytes: lower case, with dashes. */
export function uuidText(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
