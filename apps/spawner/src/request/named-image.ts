import { readGlanceImage } from '@spawnkit/image-backend';
import type { ImageMeta } from '@spawnkit/instance';
import { readCatalogue } from '../catalogue/catalogue.ts';
import { resolveImage } from '../catalogue/resolve-image.ts';
import type { Host } from '../host.ts';
import { imageServiceToken } from './image-service-token.ts';
import type { SpawnRequest } from './request.ts';

interface Options {
  /** Asks nobody on the network; what only they know stays open. */
  readonly offline?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The request with what is known elsewhere about its image: of a name, the address, checksum, format and properties
 * that the catalogue has; of an image of the image service, its format and properties. What the request says itself
 * wins. Throws what `resolveImage` and `readGlanceImage` throw.
 */
export async function withNamedImage(
  { settings, clock }: Pick<Host, 'settings' | 'clock'>,
  request: SpawnRequest,
  { offline = false, signal }: Options = {},
): Promise<SpawnRequest> {
  const { image: wanted, imageMeta } = request;
  if (wanted?.source.type === 'catalogue') {
    const catalogue = await readCatalogue(settings.imageCatalogues);
    const { image, ...found } = await resolveImage(catalogue, wanted.source.name, { offline, signal });
    const { format: diskFormat, properties = {}, user } = image;
    const checked = wanted.checksum ? { checksum: wanted.checksum } : {};
    const completed = complete(imageMeta, { diskFormat, properties });
    return { ...request, image: { ...found, ...checked }, imageMeta: completed, loginUser: request.loginUser ?? user };
  }
  if (wanted?.source.type === 'rbd') {
    return { ...request, imageMeta: complete(imageMeta, { diskFormat: 'raw', properties: {} }) };
  }
  if (wanted?.source.type !== 'glance' || offline) return request;
  const known = await readGlanceImage({ ...wanted.source, token: imageServiceToken() }, { clock, signal });
  const properties = textsOf(known.properties);
  return { ...request, imageMeta: complete(imageMeta, { diskFormat: known.diskFormat, properties }) };
}

function complete(said: ImageMeta, known: Pick<ImageMeta, 'diskFormat' | 'properties'>): ImageMeta {
  return {
    ...said,
    diskFormat: said.diskFormat ?? known.diskFormat,
    properties: { ...known.properties, ...said.properties },
  };
}

/** What the image service says of the image itself, and is no property of guests. */
const own =
  'id name status checksum size owner visibility schema self file disk_format container_format stores direct_url';

function textsOf(values: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  const texts = Object.entries(values).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  const isOwn = (key: string) => own.split(' ').includes(key) || /^os_hash|_at$/.test(key);
  return Object.fromEntries(texts.filter(([key]) => !isOwn(key)));
}
