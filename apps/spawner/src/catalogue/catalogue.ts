import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import * as z from 'zod';
import { SpawnerError } from '../errors.ts';
import { builtInImages } from './built-in.ts';
import { isCatalogueName } from './catalogue-name.ts';

/** An image that has a name. */
export interface CatalogueImage {
  /** http or https; `{arch}` stands for the architecture. */
  readonly url: string;
  readonly checksum?: ChecksumFile | undefined;
  /** What the address calls the host's architectures; missing: as the kernel does, all of them. */
  readonly architectures?: Readonly<Record<string, string>> | undefined;
  readonly format?: 'raw' | 'qcow2' | 'iso' | undefined;
  /** Who logs in. */
  readonly user?: string | undefined;
  /** Image properties in Nova's words. */
  readonly properties?: Readonly<Record<string, string>> | undefined;
}

/** Where the image's checksum is published. */
export interface ChecksumFile {
  readonly url: string;
  readonly algorithm: 'sha256' | 'sha512';
  /** `sums`: lines as sha256sum writes them; `bsd`: `SHA256 (name) = …`; `bare`: the checksum and nothing else. */
  readonly format: 'sums' | 'bsd' | 'bare';
}

/** By name, `debian/13`. */
export type Catalogue = Readonly<Record<string, CatalogueImage>>;

const address = z.url({ protocol: /^https?$/, error: 'expected an http or https address' });
const fileSchema = z.record(
  z.string().refine(isCatalogueName, 'expected a name such as debian/13'),
  z.strictObject({
    url: address,
    checksum: z
      .strictObject({
        url: address,
        algorithm: z.enum(['sha256', 'sha512']),
        format: z.enum(['sums', 'bsd', 'bare']).default('sums'),
      })
      .optional(),
    architectures: z.record(z.string(), z.string()).optional(),
    format: z.enum(['raw', 'qcow2', 'iso']).optional(),
    user: z.string().optional(),
    properties: z.record(z.string(), z.string()).optional(),
  }),
);

/**
 * The built-in images, and those of the host's own files, which win. Throws {@link SpawnerError} `USAGE` for a broken
 * file.
 */
export async function readCatalogue(files: readonly string[] = []): Promise<Catalogue> {
  const own = await Promise.all(files.map(readCatalogueFile));
  return Object.assign({}, builtInImages, ...own) as Catalogue;
}

async function readCatalogueFile(path: string): Promise<Catalogue> {
  try {
    return fileSchema.parse(parse(await readFile(path, 'utf8')) ?? {});
  } catch (cause) {
    const what = cause instanceof z.ZodError ? z.prettifyError(cause) : (cause as Error).message;
    throw new SpawnerError('USAGE', `The image catalogue "${path}" is not valid: ${what}`, {
      cause,
      fix: 'It maps names such as debian/13 to url, checksum, architectures, format, user and properties.',
    });
  }
}

/** The image of that name. Throws {@link SpawnerError} `NOT_FOUND`. */
export function lookUp(catalogue: Catalogue, name: string): CatalogueImage {
  const found = Object.hasOwn(catalogue, name) ? catalogue[name] : undefined;
  if (found) return found;
  throw new SpawnerError('NOT_FOUND', `No image catalogue has "${name}"`, {
    fix: `Known are ${Object.keys(catalogue).join(', ')}. A file is written with its path, "./${name}".`,
    context: { name },
  });
}

/** Its addresses for an architecture. Throws {@link SpawnerError} `NOT_FOUND` for one that it is not published for. */
export function forArchitecture(name: string, image: CatalogueImage, arch: string): CatalogueImage {
  const { architectures } = image;
  const word = architectures ? (Object.hasOwn(architectures, arch) ? architectures[arch] : undefined) : arch;
  if (word === undefined) {
    throw new SpawnerError('NOT_FOUND', `The image "${name}" is not published for ${arch}`, {
      fix: `It is for ${Object.keys(architectures ?? {}).join(', ')}.`,
      context: { name, arch },
    });
  }
  const filled = (url: string) => url.replaceAll('{arch}', word);
  const { checksum } = image;
  return {
    ...image,
    url: filled(image.url),
    ...(checksum ? { checksum: { ...checksum, url: filled(checksum.url) } } : {}),
  };
}
