import type { XMLBuilder } from 'xmlbuilder2/lib/interfaces.js';
import { type GuestConfigErrorCode, type GuestConfigIssue, quoted } from '../errors.ts';
import { noNamespaces } from '../xml/namespaces.ts';
import type { Namespaces } from '../xml/node.ts';
import { encodeAttribute, isXmlText } from '../xml/text.ts';
import { type Name, printedName } from './name.ts';

/**
 * What a writer needs beside the document: who hears of issues, and what the text of the document was like.
 *
 * @internal
 */
export interface Writer {
  report(issue: GuestConfigIssue): void;
  /** Whether issues are wanted that are no obstacle. */
  readonly thorough: boolean;
  /** Set when an element holds both text and elements: then indentation would change it. */
  mixed: boolean;
}

/** Where an element stands. Its path is only put together once something is wrong. @internal */
export interface Spot {
  readonly around: Spot | undefined;
  readonly name: Name;
  /** From 0, in a list. */
  readonly index: number | undefined;
}

/** An element that was added, to which others are added, and the namespaces in force inside it. @internal */
export interface Place {
  readonly node: XMLBuilder;
  readonly scope: Namespaces;
  /** Absent for the document itself. */
  readonly spot: Spot | undefined;
}

/**
 * Attributes as they will be printed. A map, since xmlbuilder2 asks a record for its `hasOwnProperty`, which may be the
 * name of an attribute.
 *
 * @internal
 */
export type Attributes = Map<string, string>;

/** Path of an element, as in messages: `/domain/devices/disk[2]`. @internal */
export function pathOf(spot: Spot | undefined): string {
  if (!spot) return '';
  return `${pathOf(spot.around)}/${printedName(spot.name)}${spot.index === undefined ? '' : `[${spot.index + 1}]`}`;
}

/** Adds an element. @internal */
export function append(parent: Place, name: string, attrs: Attributes): XMLBuilder {
  // Without namespaces there is none to look up in all the elements around, which takes long.
  return parent.scope === noNamespaces ? parent.node.ele(null, name, attrs) : parent.node.ele(name, attrs);
}

/** Declares a namespace; the default one has no prefix. @internal */
export function declare(attrs: Attributes, prefix: string, uri: string): void {
  attrs.set(prefix === '' ? 'xmlns' : `xmlns:${prefix}`, encodeAttribute(uri));
}

/** Text that XML can carry; anything else is reported. @internal */
export function checked(writer: Writer, spot: Spot | undefined, text: string, attribute?: string): string {
  if (typeof text === 'string' && isXmlText(text)) return text;
  complain(writer, spot, 'INVALID_VALUE', 'text of characters that XML 1.0 allows', show(text), attribute);
  return '';
}

/** Reports an issue of an element or one of its attributes. @internal */
export function complain(
  writer: Writer,
  spot: Spot | undefined,
  code: GuestConfigErrorCode,
  expected: string,
  found: string,
  attribute?: string,
): void {
  const path = attribute === undefined ? pathOf(spot) : `${pathOf(spot)}/@${attribute}`;
  writer.report({ code, path, expected, found });
}

/** What a value is, for a message. @internal */
export function show(value: unknown): string {
  if (typeof value === 'string') return quoted(value);
  if (value === undefined || value === null) return 'nothing';
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') {
    return `the ${typeof value} ${value}`;
  }
  return Array.isArray(value) ? 'an array' : `a value of type ${typeof value}`;
}
