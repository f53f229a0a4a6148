/** Name of an element: plain, or in a namespace with the prefix libvirt prints. */
export type Name = string | QName;

export interface QName {
  readonly prefix: string;
  readonly local: string;
  readonly uri: string;
}

/** Names of one namespace: `const qemu = namespace('qemu', 'http://…')`, then `qemu('arg')`. @internal */
export function namespace(prefix: string, uri: string): (local: string) => QName {
  return (local) => ({ prefix, local, uri });
}

/** What the reader compares: `local`, or `{uri}local`. @internal */
export function keyOf(name: Name): string {
  return typeof name === 'string' ? name : `{${name.uri}}${name.local}`;
}

/** As libvirt prints it: `local`, or `prefix:local`. @internal */
export function printedName(name: Name): string {
  return typeof name === 'string' ? name : `${name.prefix}:${name.local}`;
}
