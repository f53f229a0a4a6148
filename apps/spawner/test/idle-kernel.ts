/**
 * A kernel that halts at once: its guest runs, and costs next to nothing. By Linux' boot protocol 2.0, of which QEMU reads the
 * magic number and the size of the set-up code.
 */
export function idleKernel(): Buffer {
  const kernel = Buffer.alloc(4096);
  const SECTOR = 512;
  kernel.writeUInt8(1, 0x1f1);
  kernel.writeUInt16LE(0xaa55, 0x1fe);
  // Over the header, to: cli; hlt; jmp to the hlt.
  kernel.set([0xeb, 0x7e], SECTOR);
  kernel.write('HdrS', 0x202, 'latin1');
  kernel.writeUInt16LE(0x0200, 0x206);
  kernel.set([0xfa, 0xf4, 0xeb, 0xfd], SECTOR + 0x80);
  return kernel;
}
