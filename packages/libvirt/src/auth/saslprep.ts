/** Characters that look like nothing, and spaces of many kinds (RFC 3454, tables B.1 and C.1.2). */
const NOTHING = /[\u{34F}\u{180B}-\u{180D}\u{FE00}-\u{FE0F}\u{AD}\u{1806}\u{200B}-\u{200D}\u{2060}\u{FEFF}]/gu;
const SPACES = /[\u{A0}\u{1680}\u{2000}-\u{200A}\u{202F}\u{205F}\u{3000}]/gu;
/** Controls, private use, surrogates, and what is no character (tables C.2 to C.9). */
const PROHIBITED =
  /[\p{Cc}\p{Co}\p{Cs}\p{Noncharacter_Code_Point}\u{6DD}\u{70F}\u{180E}\u{200E}\u{200F}\u{2028}\u{2029}\u{202A}-\u{202E}\u{2061}-\u{2063}\u{206A}-\u{206F}\u{2FF0}-\u{2FFB}\u{FFF9}-\u{FFFD}]/u;

/**
 * A name or password in the form in which both sides compare it: compatible characters made one (RFC 4013). Undefined for what
 * may not stand there. The rule for text of both directions is left to the server.
 */
export function saslprep(text: string): string | undefined {
  const prepared = text.replaceAll(SPACES, ' ').replaceAll(NOTHING, '').normalize('NFKC');
  return PROHIBITED.test(prepared) ? undefined : prepared;
}
