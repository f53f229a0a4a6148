import type { XMLBuilder } from 'xmlbuilder2/lib/interfaces.js';
import { type GuestConfigErrorCode, type GuestConfigIssue, quoted } from '../errors.ts';
import type { Namespaces } from '../xml/node.ts';
import { encodeAttribute, isXmlText } from '../xml/text.ts';

/** What a writer needs beside the document: who hears of issues, and what the text of the document was like. */
export interface Writer {
  report(issue: GuestConfigIssue): void;
  /** Set when an element holds both text and elements: then indentation would change it. */
  mixed: boolean;
}

/** Where an element is added, and the namespaces in force there. */
export interface Place {
  readonly node: XMLBuilder;
  readonly scope: Namespaces;
  readonly path: string;
}

/**
 * Adds an element. Attributes go in as a map, since xmlbuilder2 asks a record for its `hasOwnProperty`, which may be
 * the name of an attribute.
 */
export function append(parent: Place, name: string, attrs: Readonly<Record<string, string>>): XMLBuilder {
  return parent.node.ele(name, new Map(Object.entries(attrs)));
}

/** Declares a namespace; the default one has no prefix. */
export function declare(attrs: Record<string, string>, prefix: string, uri: string): void {
  attrs[prefix === '' ? 'xmlns' : `xmlns:${prefix}`] = encodeAttribute(uri);
}

/** Text that XML can carry; anything else is reported. */
export function checked(writer: Writer, path: string, text: string): string {
  if (typeof text === 'string' && isXmlText(text)) return text;
  complain(writer, path, 'INVALID_VALUE', 'text of characters that XML 1.0 allows', show(text));
  return '';
}

/** Reports an issue of a value. */
export function complain(
  writer: Writer,
  path: string,
  code: GuestConfigErrorCode,
  expected: string,
  found: string,
): void {
  writer.report({ code, path, expected, found });
}

/** What a value is, for a message. */
export function show(value: unknown): string {
  if (typeof value === 'string') return quoted(value);
  if (value === undefined || value === null) return 'nothing';
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') {
    return `the ${typeof value} ${value}`;
  }
  return Array.isArray(value) ? 'an array' : `a value of type ${typeof value}`;
}
