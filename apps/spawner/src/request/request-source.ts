import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseRbdLocation } from '@spawnkit/image-backend';
import { isCatalogueName } from '../catalogue/catalogue-name.ts';
import { SpawnerError } from '../errors.ts';

/** Where bytes come from. */
export type SourcePlace =
  | { readonly type: 'file'; readonly path: string }
  | { readonly type: 'http'; readonly url: string }
  /** An image of OpenStack's image service. */
  | { readonly type: 'glance'; readonly endpoint: string; readonly imageId: string }
  /** An image of a Ceph cluster, as Glance writes it: `rbd://fsid/pool/image/snapshot`. */
  | { readonly type: 'rbd'; readonly location: string }
  /** An image of a catalogue, `debian/13`. */
  | { readonly type: 'catalogue'; readonly name: string };

/** Where bytes come from, and what they must be. */
export interface RequestSource {
  readonly source: SourcePlace;
  readonly checksum?: { readonly algorithm: 'sha256' | 'sha512'; readonly hex: string };
}

/**
 * The source that a text names: a path seen from a directory, an address, an image of a catalogue (`debian/13`), or one
 * of the image service (`glance+http://127.0.0.1:9292/ID`) or of Ceph (`rbd://fsid/pool/image/snapshot`). Throws
 * {@link SpawnerError} `USAGE` for one that is neither, or carries a password.
 */
export function sourceOf(text: string, directory: string): SourcePlace {
  if (isCatalogueName(text)) return { type: 'catalogue', name: text };
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase();
  if (scheme === undefined) return { type: 'file', path: resolve(directory, text) };
  if (scheme === 'file') return { type: 'file', path: fileURLToPath(text) };
  if (scheme === 'glance+http' || scheme === 'glance+https') return glanceSource(text);
  if (scheme === 'rbd') return rbdSource(text);
  if (scheme !== 'http' && scheme !== 'https') {
    throw new SpawnerError('USAGE', `Cannot fetch "${text}": "${scheme}" is not a source that this version reads`, {
      fix: 'Give a path, a file://, http(s)://, glance+http(s):// or rbd:// address, or a name such as debian/13.',
    });
  }
  return { type: 'http', url: addressOf(text).href };
}

/** The last part of the path is the image's id, what is before it the service's address. */
function glanceSource(text: string): SourcePlace {
  const { href } = addressOf(text.slice('glance+'.length));
  const cut = href.lastIndexOf('/');
  const imageId = href.slice(cut + 1);
  if (/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(imageId)) return { type: 'glance', endpoint: href.slice(0, cut), imageId };
  throw new SpawnerError('USAGE', `"${text}" names no image of the image service`, {
    fix: 'Put its id behind the address of the service: glance+http://127.0.0.1:9292/ID.',
  });
}

function rbdSource(text: string): SourcePlace {
  const location = parseRbdLocation(text);
  if (typeof location !== 'string') return { type: 'rbd', location: text };
  throw new SpawnerError('USAGE', `"${text}" names no image in Ceph: ${location}`, {
    fix: 'Give it as the image service does: rbd://FSID/POOL/IMAGE/SNAPSHOT.',
  });
}

function addressOf(text: string): URL {
  const url = URL.parse(text);
  if (!url) throw new SpawnerError('USAGE', `"${text}" is not a valid address`, { fix: 'Correct it.' });
  if (!url.username && !url.password) return url;
  throw new SpawnerError('USAGE', `The source at "${url.host}" carries a user name or password in its address`, {
    fix: 'Addresses end up in logs; use a signed address or a file fetched beforehand.',
  });
}
