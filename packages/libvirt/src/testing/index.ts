/**
 * A daemon made of answers, and what a real one has answered, for tests of code that uses `@spawnkit/libvirt`.
 *
 * @packageDocumentation
 */
export type { Answer, Answers, ArgsOf, RetOf } from './answers.ts';
export { DaemonError } from './daemon-error.ts';
export { type FakeDaemon, type FakeDaemonOptions, fakeDaemon, type ReceivedCall } from './fake-daemon.ts';
export type { FakeStream } from './fake-stream.ts';
export { type RecordedName, recorded, recordedNames, recordedReply } from './recorded.ts';
export type { EventBody, Registration } from './registrations.ts';
