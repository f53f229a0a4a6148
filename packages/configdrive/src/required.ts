import type { ImageMeta, Instance } from '@spawnkit/instance';

/**
 * Whether an instance needs a config drive (Nova's `required_by`): it asked for one, or the host forces one on instances
 * that were never launched, or the image says `img_config_drive=mandatory`.
 */
export function configDriveRequired(
  instance: Pick<Instance, 'configDrive' | 'launchedAt'>,
  options: { readonly image?: Pick<ImageMeta, 'properties'>; readonly forceConfigDrive?: boolean } = {},
): boolean {
  return (
    instance.configDrive !== '' ||
    (options.forceConfigDrive === true && instance.launchedAt === undefined) ||
    options.image?.properties.img_config_drive === 'mandatory'
  );
}
