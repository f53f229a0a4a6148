/**
 * From an image, a flavor and networks to a running libvirt domain, or the host exactly as it was before.
 *
 * @packageDocumentation
 */
export { SpawnerError, type SpawnerErrorCode } from './errors.ts';
export { type ExitCode, exitCodeOf, exitCodes } from './exit-code.ts';
export { parseSpec, readSpecFile, type SpecFile } from './spec/read-spec.ts';
export type { Spec, SpecImage, SpecNetwork } from './spec/schema.ts';
