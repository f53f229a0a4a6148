/**
 * From an image, a flavor and networks to a running libvirt domain, or the host exactly as it was before.
 *
 * @packageDocumentation
 */
export { type InstanceAddress, addressesOf } from './addresses.ts';
export { apply, type ApplyAction, type ApplyOptions, planApply, surplusOf } from './apply.ts';
export { attachDisk, type AttachDiskOptions, attachNic, detach } from './attach.ts';
export type { AttachedDevice } from './attached.ts';
export { isAutostart, type Recovered, recoverInstances, setAutostart } from './autostart.ts';
export { type Catalogue, type CatalogueImage, type ChecksumFile, readCatalogue } from './catalogue/catalogue.ts';
export { resolveImage } from './catalogue/resolve-image.ts';
export { type DestroyOptions, destroyInstance, destroyInstance as destroy } from './destroy.ts';
export { examine, type Finding } from './doctor.ts';
export { type Endpoint, endpointOf } from './endpoint.ts';
export { SpawnerError, type SpawnerErrorCode } from './errors.ts';
export { followEvents, type HostEvent } from './events-stream.ts';
export { type Changes, changesTo, findExisting } from './existing-instance.ts';
export { type ExitCode, exitCodeOf, exitCodes } from './exit-code.ts';
export { collect, collect as gc, type GarbageReport, type InterruptedReport } from './gc.ts';
export { type Host, type HostOptions, type HostPaths, openHost } from './host.ts';
export { type InstanceView, viewInstance } from './instance-view.ts';
export { findInstance, type KnownInstance, listInstances } from './inventory.ts';
export { type NovaRequestOptions, readNovaRequest, requestFromNova } from './nova-request.ts';
export { plan, type SpawnPlan } from './plan.ts';
export {
  type PowerChange,
  rebootInstance,
  startInstance,
  stopInstance,
  type StopOptions,
} from './power.ts';
export type { OnProgress, ProgressEvent, SpawnStep } from './progress.ts';
export { type RebuildImage, rebuildInstance, type RebuildOptions } from './rebuild.ts';
export type { CollectOptions, Remains } from './remains.ts';
export { requestFromSpec, type SpawnRequest } from './request.ts';
export { type RequestSource, type SourcePlace, sourceOf } from './request-source.ts';
export { type RescueImage, rescueInstance, type RescueOptions, unrescueInstance } from './rescue.ts';
export { resizeInstance, type ResizeOptions } from './resize.ts';
export { readSettings, type Settings, type SettingsSource } from './settings.ts';
export { createSnapshot, type InstanceSnapshot, listSnapshots, removeSnapshot, revertSnapshot } from './snapshots.ts';
export { spawn, type SpawnedInstance, type SpawnOptions } from './spawn.ts';
export { type CanonicalSpec, canonicalSpec, specDifferences, specHash } from './spec/canonical-spec.ts';
export { specJsonSchema } from './spec/json-schema.ts';
export type { SpecDefaults, SpecOrigin, SpecOverride } from './spec/layers.ts';
export { parseSpec, parseSpecs, readSpecFile, readSpecFiles, type SpecFile } from './spec/read-spec.ts';
export type { Spec, SpecImage, SpecNetwork, SpecPort } from './spec/schema.ts';
export { waitFor, type WaitedFor, type WaitForOptions } from './wait-for.ts';
export { waitForConsole } from './wait-for-console.ts';
export { type WaitTarget, waitTargets } from './wait-targets.ts';
