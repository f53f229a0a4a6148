/** JSON of a result: byte counts become numbers where they fit exactly, text where they do not. */
export function toJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, (_, one: unknown) => (typeof one === 'bigint' ? asNumber(one) : one), indent);
}

function asNumber(value: bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
}
