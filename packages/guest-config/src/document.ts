import type { El } from './dsl/el.ts';
import { type Reader, readRoot, throwingReader } from './dsl/read.ts';
import { writeRoot } from './dsl/write.ts';
import { GuestConfigError, type GuestConfigIssue } from './errors.ts';
import { readXml } from './xml/read-xml.ts';
import { newDocument } from './xml/xmlbuilder.ts';

/** How a document is read. */
export interface ParseOptions {
  /**
   * Whether to throw at what the declarations do not know or libvirt's schema forbids, too; by default it is kept,
   * mostly in `$extra`, and written back.
   */
  readonly strict?: boolean;
}

/** How a document is written. */
export interface BuildOptions {
  /**
   * Indented by two blanks, which is the default. A document that mixes text and elements is never indented: it would
   * change.
   */
  readonly pretty?: boolean;
}

/**
 * Reads a document or fragment as the values of an element: `parse(Domain, xml)`, `parse(Disk, xml)`.
 *
 * What the schema does not know stays in `$extra` of the element around it. An element whose discriminant, or another
 * word that it must have, is not on the list (`<disk type="new">`) is kept there whole; as root it is an error.
 *
 * @throws GuestConfigError with path, line and column; every code is possible but `REPEATED` and `UNKNOWN_NAME`, which
 * only `strict` brings.
 */
export function parse<T>(el: El<T>, xml: string, options: ParseOptions = {}): T {
  const document = readXml(xml);
  return readRoot(throwingReader(document, options.strict ?? false), el) as T;
}

/**
 * Writes a value as XML, in the order libvirt prints. Numbers that were read and not changed keep their spelling.
 *
 * @throws GuestConfigError `MISSING`, `INVALID_VALUE`, `UNKNOWN_VALUE`, `UNKNOWN_NAME`, `MALFORMED_XML` (a kept
 * element with an unbound prefix), each with the path.
 */
export function build<T>(el: El<T>, value: NoInfer<T>, options: BuildOptions = {}): string {
  const document = newDocument();
  const writer = {
    mixed: false,
    thorough: false,
    report(issue: GuestConfigIssue) {
      throw new GuestConfigError(issue);
    },
  };
  writeRoot(writer, document, el, value);
  return document.end({ headless: true, prettyPrint: (options.pretty ?? true) && !writer.mixed });
}

/** Issues that `check` tells, at most. */
const MAX_ISSUES = 100;

/**
 * What `parse` with `strict` (for text) or `build` (for a value) would object to, and which of libvirt's rules about
 * several fields a value breaks, up to a hundred; empty when all is well.
 */
export function check<T>(el: El<T>, input: string | NoInfer<T>): readonly GuestConfigIssue[] {
  const issues: GuestConfigIssue[] = [];
  const wants = () => issues.length < MAX_ISSUES;
  const report = (issue: GuestConfigIssue) => {
    if (wants()) issues.push(issue);
  };
  try {
    if (typeof input === 'string') {
      const reader: Reader = { document: readXml(input), wants, report };
      readRoot(reader, el);
    } else writeRoot({ mixed: false, thorough: true, report }, newDocument(), el, input);
  } catch (error) {
    if (!(error instanceof GuestConfigError)) throw error;
    issues.push(error.context);
  }
  return issues;
}
