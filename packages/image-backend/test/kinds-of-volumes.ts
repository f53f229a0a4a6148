/** Cases of the contract in which volumes that are sparse or encrypted differ from others. */
export const ofAnyKind: readonly string[] = [
  'a disk of a raw image has its bytes, and zeros up to its size',
  'a disk of a qcow2 image has its bytes, and zeros up to its size',
  'an ephemeral disk has the file system of its os type and its label',
  'a swap disk is swap space of its size',
  'a disk that is there already is left alone',
  'of many that make one disk at once, one succeeds',
  'a disk grows and keeps its bytes, and never shrinks',
  'a failing command is reported with its words and leaves nothing',
  'snapshots are told apart, and one that is gone is not gone back to',
  'a disk is removed with its snapshots',
];
