/** Seeds of frames that broke the decoder once; a run prints the seed of what it finds. So far nothing was found. */
export const fuzzSeeds: readonly number[] = [];
