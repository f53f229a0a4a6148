import { quoted } from '../errors.ts';
import { inside, uriOf } from '../xml/namespaces.ts';
import { declaredPrefix, type Namespaces, type XNode } from '../xml/node.ts';
import { isQName } from '../xml/scan.ts';
import { encodeAttribute, encodeText } from '../xml/text.ts';
import { keyOf } from './name.ts';
import { append, type Attributes, checked, complain, declare, type Place, type Spot, type Writer } from './writer.ts';

/** Writes an element that is not typed, and whatever namespaces it was read in. @internal */
export function writeRaw(writer: Writer, parent: Place, node: XNode): void {
  const spot: Spot = { around: parent.spot, name: node.name, index: undefined };
  if (![node.name, ...Object.keys(node.attrs ?? {})].every(isQName)) {
    return complain(writer, spot, 'MALFORMED_XML', 'names of XML elements and attributes', quoted(node.name));
  }
  const attrs: Attributes = new Map();
  if (node.ns) {
    for (const prefix in node.ns)
      if (parent.scope[prefix] !== node.ns[prefix]) declare(attrs, prefix, node.ns[prefix] ?? '');
    if (parent.scope[''] && !node.ns['']) attrs.set('xmlns', '');
  }
  for (const [name, text] of Object.entries(node.attrs ?? {}))
    attrs.set(name, encodeAttribute(checked(writer, spot, text)));
  const scope = inside(parent.scope, attrs);
  checkPrefixes(writer, spot, [node.name, ...attrs.keys()], scope);
  const place = { node: append(parent, node.name, attrs), scope, spot };
  const kids = node.kids ?? [];
  for (const kid of kids) {
    if (typeof kid === 'string') place.node.txt(encodeText(checked(writer, spot, kid)));
    else writeRaw(writer, place, kid);
  }
  if (kids.length > 1 && kids.some((kid) => typeof kid === 'string')) writer.mixed = true;
}

function checkPrefixes(writer: Writer, spot: Spot, names: readonly string[], scope: Namespaces): void {
  for (const name of names) {
    const [prefix, local] = name.split(':', 2);
    if (local === undefined || prefix === undefined || declaredPrefix(name) !== undefined) continue;
    if (uriOf(scope, prefix) !== undefined) continue;
    const found = `the unbound prefix ${quoted(prefix)}`;
    complain(writer, spot, 'MALFORMED_XML', `a declaration xmlns:${prefix}="..."`, found);
  }
}

/** The key a raw node has where it is written. @internal */
export function rawKey(node: XNode, scope: Namespaces): string {
  const inner = inside(node.ns ?? scope, Object.entries(node.attrs ?? {}));
  const colon = node.name.indexOf(':');
  const uri = uriOf(inner, colon < 0 ? '' : node.name.slice(0, colon)) ?? '';
  const local = node.name.slice(colon + 1);
  return uri === '' ? local : keyOf({ prefix: '', local, uri });
}
