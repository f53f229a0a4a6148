/**
 * From an image, a flavor and networks to a running libvirt domain, or the host exactly as it was before.
 *
 * @packageDocumentation
 */
export { type InstanceAddress, addressesOf } from './instance/addresses.ts';
export { apply, type ApplyAction, type ApplyOptions, planApply, surplusOf } from './operations/apply.ts';
export { attachDisk, type AttachDiskOptions, attachNic, detach } from './operations/attach.ts';
export type { AttachedDevice } from './request/attached.ts';
export { isAutostart, type Recovered, recoverInstances, setAutostart } from './operations/autostart.ts';
export { type Catalogue, type CatalogueImage, type ChecksumFile, readCatalogue } from './catalogue/catalogue.ts';
export { resolveImage } from './catalogue/resolve-image.ts';
export { type DestroyOptions, destroyInstance, destroyInstance as destroy } from './spawn/destroy.ts';
export { examine, type ExamineOptions, repair } from './doctor/doctor.ts';
export type { CheckName, Finding } from './doctor/finding.ts';
export { type Endpoint, endpointOf } from './instance/endpoint.ts';
export { SpawnerError, type SpawnerErrorCode } from './errors.ts';
export { followEvents, type HostEvent } from './events/events-stream.ts';
export { type Changes, changesTo, findExisting } from './instance/existing-instance.ts';
export { type ExitCode, exitCodeOf, exitCodes } from './exit-code.ts';
export { collect, collect as gc, type GarbageReport, type InterruptedReport } from './gc/gc.ts';
export { type Host, type HostOptions, type HostPaths, openHost } from './host.ts';
export { type InstanceView, viewInstance } from './instance/instance-view.ts';
export { findInstance, type KnownInstance, listInstances } from './instance/inventory.ts';
export { type NovaRequestOptions, readNovaRequest, requestFromNova } from './request/nova-request.ts';
export { plan, type SpawnPlan } from './spawn/plan.ts';
export {
  type PowerChange,
  rebootInstance,
  startInstance,
  stopInstance,
  type StopOptions,
} from './operations/power.ts';
export type { OnProgress, ProgressEvent, SpawnStep } from './progress.ts';
export { type RebuildImage, rebuildInstance, type RebuildOptions } from './operations/rebuild.ts';
export type { CollectOptions, Remains } from './gc/remains.ts';
export { requestFromSpec, type SpawnRequest } from './request/request.ts';
export { type RequestSource, type SourcePlace, sourceOf } from './request/request-source.ts';
export { type RescueImage, rescueInstance, type RescueOptions, unrescueInstance } from './operations/rescue.ts';
export { resizeInstance, type ResizeOptions } from './operations/resize.ts';
export { readSettings, type Settings, type SettingsSource } from './settings.ts';
export {
  createSnapshot,
  type InstanceSnapshot,
  listSnapshots,
  removeSnapshot,
  revertSnapshot,
} from './operations/snapshots.ts';
export { spawn, type SpawnedInstance, type SpawnOptions } from './spawn/spawn.ts';
export { type CanonicalSpec, canonicalSpec, specDifferences, specHash } from './spec/canonical-spec.ts';
export { specJsonSchema } from './spec/json-schema.ts';
export type { SpecDefaults, SpecOrigin, SpecOverride } from './spec/layers.ts';
export { parseSpec, parseSpecs, readSpecFile, readSpecFiles, type SpecFile } from './spec/read-spec.ts';
export type { Spec, SpecImage, SpecNetwork, SpecPort } from './spec/schema.ts';
export { waitFor, type WaitedFor, type WaitForOptions } from './wait/wait-for.ts';
export { waitForConsole } from './wait/wait-for-console.ts';
export { type WaitTarget, waitTargets } from './wait/wait-targets.ts';
