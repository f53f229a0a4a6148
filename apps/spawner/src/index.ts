/**
 * From an image, a flavor and networks to a running libvirt domain, or the host exactly as it was before.
 *
 * @packageDocumentation
 */
export { destroyInstance } from './destroy.ts';
export { examine, type Finding } from './doctor.ts';
export { SpawnerError, type SpawnerErrorCode } from './errors.ts';
export { type ExitCode, exitCodeOf, exitCodes } from './exit-code.ts';
export { collect, type GarbageReport, type Remains } from './gc.ts';
export { type Host, type HostOptions, type HostPaths, openHost } from './host.ts';
export { findInstance, type KnownInstance, listInstances } from './inventory.ts';
export { type InstanceView, viewInstance } from './instance-view.ts';
export { plan, type SpawnPlan } from './plan.ts';
export type { OnProgress, ProgressEvent, SpawnStep } from './progress.ts';
export { requestFromSpec, type SpawnRequest } from './request.ts';
export { readSettings, type Settings, type SettingsSource } from './settings.ts';
export { spawn, type SpawnedInstance, type SpawnOptions } from './spawn.ts';
export { parseSpec, readSpecFile, type SpecFile, type SpecOverride } from './spec/read-spec.ts';
export type { Spec, SpecImage, SpecNetwork } from './spec/schema.ts';
export { waitForConsole } from './wait-for-console.ts';
