const namePattern = /^[a-z][a-z0-9-]*\/[a-z0-9][a-z0-9.-]*$/;
const filePattern = /\.(?:qcow2|img|raw|iso|xz|gz|vmdk|vdi|vhdx?)$/;

/** Whether a text names an image of a catalogue: `debian/13`. A file of such a name is written `./debian/13`. */
export function isCatalogueName(text: string): boolean {
  return namePattern.test(text) && !filePattern.test(text);
}
