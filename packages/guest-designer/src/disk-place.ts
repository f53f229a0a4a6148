import { DesignerError } from './errors.ts';

/** A disk as its place on a bus depends on it. */
interface PlacedDisk {
  readonly name: string;
  readonly info: { readonly bus: string; readonly dev?: string | undefined; readonly type: string };
}

/** Buses whose places libvirt counts by the device name. */
const countedBuses: readonly string[] = ['ide', 'sata', 'scsi', 'fdc'];
/** The one IDE controller of a PC has two cables for two disks each. */
const idePlaces = 4;
const letterA = 97;

/**
 * Refuses two disks that libvirt would put on one place: it reads the place off the letters of the device name, whatever
 * stands before them, so that `sda` and `vda` are one on SCSI. Throws `DISK_BUS_UNAVAILABLE`.
 */
export function checkPlaces(disks: readonly PlacedDisk[]): void {
  const owners = new Map<string, string>();
  for (const disk of disks.filter(({ info }) => countedBuses.includes(info.bus))) {
    const place = placeOf(disk.info.dev);
    if (place === undefined) continue;
    if (disk.info.bus === 'ide' && place >= idePlaces) throw unplaced(disk, `IDE has ${idePlaces} places`);
    const key = `${disk.info.bus} ${place}`;
    const owner = owners.get(key);
    if (owner !== undefined) throw unplaced(disk, `the disk "${owner}" has the place of that name there`);
    owners.set(key, disk.name);
  }
}

/** `sda` is 0, `sdz` is 25, `vdaa` is 26; a partition's number does not count. */
function placeOf(dev: string | undefined): number | undefined {
  const letters = /^(?:xvd|ubd|[fhsv]d)([a-z]+)\d*$/.exec(dev ?? '')?.[1];
  if (letters === undefined) return undefined;
  return Buffer.from(letters).reduce((index, letter) => (index + 1) * 26 + letter - letterA, -1);
}

function unplaced({ name, info: { bus, dev, type } }: PlacedDisk, why: string): DesignerError {
  const message = `The disk "${name}" has no place on the bus "${bus}" under the device name "${dev}": ${why}.`;
  const fix = 'Give it a device name that begins with the letters of its bus, or none to have one chosen.';
  return new DesignerError('DISK_BUS_UNAVAILABLE', message, { context: { name, bus, dev, type }, fix });
}
