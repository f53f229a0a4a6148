import { slice, unreadable } from './image-view.ts';

/** Where things lie in a FAT image, in bytes (Microsoft FAT specification, section 3). */
export interface FatGeometry {
  readonly bits: 12 | 16 | 32;
  readonly clusterBytes: number;
  readonly clusters: number;
  readonly fatOffset: number;
  readonly fatBytes: number;
  readonly rootOffset: number;
  readonly rootBytes: number;
  readonly dataOffset: number;
  /** FAT32 only. */
  readonly rootCluster: number;
}

/** Reads the boot sector. Throws UNREADABLE_DRIVE. */
export function fatGeometry(image: Buffer): FatGeometry {
  const sectorBytes = image.readUInt16LE(11);
  const clusterSectors = image.readUInt8(13);
  if (![512, 1024, 2048, 4096].includes(sectorBytes) || clusterSectors === 0) {
    throw unreadable(`the boot sector says ${clusterSectors} sectors of ${sectorBytes} bytes per cluster`);
  }
  const fatSectors = image.readUInt16LE(22) || image.readUInt32LE(36);
  const fatOffset = image.readUInt16LE(14) * sectorBytes;
  const fatBytes = fatSectors * sectorBytes;
  const rootOffset = fatOffset + image.readUInt8(16) * fatBytes;
  const rootBytes = Math.ceil((image.readUInt16LE(17) * 32) / sectorBytes) * sectorBytes;
  const dataOffset = rootOffset + rootBytes;
  const totalBytes = (image.readUInt16LE(19) || image.readUInt32LE(32)) * sectorBytes;
  const clusterBytes = clusterSectors * sectorBytes;
  const clusters = Math.floor((totalBytes - dataOffset) / clusterBytes);
  if (totalBytes > image.length || clusters < 1) throw unreadable('the boot sector does not fit the image');
  const bits = clusters < 4085 ? 12 : clusters < 65_525 ? 16 : 32;
  const rootCluster = bits === 32 ? image.readUInt32LE(44) : 0;
  return { bits, clusterBytes, clusters, fatOffset, fatBytes, rootOffset, rootBytes, dataOffset, rootCluster };
}

/** Follows cluster chains. */
export class FatChain {
  readonly #image: Buffer;
  readonly #geometry: FatGeometry;
  readonly #fat: Buffer;

  constructor(image: Buffer, geometry: FatGeometry) {
    this.#image = image;
    this.#geometry = geometry;
    this.#fat = slice(image, geometry.fatOffset, geometry.fatBytes);
  }

  /** The bytes of all clusters of a chain. Throws UNREADABLE_DRIVE for a loop or a cluster outside the image. */
  read(first: number): Buffer {
    const { clusterBytes, clusters, dataOffset } = this.#geometry;
    const parts: Buffer[] = [];
    for (let cluster = first; !this.#isEnd(cluster); cluster = this.#next(cluster)) {
      if (cluster < 2 || cluster >= clusters + 2 || parts.length >= clusters) {
        throw unreadable(`a chain of clusters leads to ${cluster}, allowed are 2 to ${clusters + 1} once each`);
      }
      parts.push(slice(this.#image, dataOffset + (cluster - 2) * clusterBytes, clusterBytes));
    }
    return Buffer.concat(parts);
  }

  #isEnd(cluster: number): boolean {
    return cluster >= { 12: 0xff8, 16: 0xfff8, 32: 0x0ffffff8 }[this.#geometry.bits];
  }

  #next(cluster: number): number {
    const { bits } = this.#geometry;
    if (bits === 32) return slice(this.#fat, cluster * 4, 4).readUInt32LE(0) & 0x0fffffff;
    if (bits === 16) return slice(this.#fat, cluster * 2, 2).readUInt16LE(0);
    const pair = slice(this.#fat, cluster + (cluster >> 1), 2).readUInt16LE(0);
    return cluster & 1 ? pair >> 4 : pair & 0xfff;
  }
}
