/** Bytes of the units that sizes are given in. */
export const MiB = 1024n ** 2n;
export const GiB = 1024n ** 3n;
