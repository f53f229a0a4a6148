/**
 * Writes src/testing/recorded-replies.gen.ts: what the lab's daemon answers on the walk over every call.
 * `node packages/libvirt/test/recording/record.ts`
 */
import { writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { NetMessageStatus, NetMessageType } from '../../src/generated/enums.gen.ts';
import { procedureTable } from '../../src/generated/procedure-table.gen.ts';
import type { Frame } from '../../src/wire/frame.ts';
import { walkEverything } from '../every-call/whole-walk.ts';
import { SYSTEM_SOCKET, startLibvirt, tinyGuest } from '../lab.ts';
import { frameRecorder } from './frame-recorder.ts';

/** Larger replies show nothing more. */
const MAX_BYTES = 2048;

startLibvirt();
const tiny = tinyGuest();
const replies = new Map<string, Buffer>();
// What the test driver says is the same everywhere; QEMU's fills the gaps.
for (const uri of ['test:///default', 'qemu:///system'] as const) {
  await using recorder = await frameRecorder(SYSTEM_SOCKET);
  await walkEverything({ uri, socket: recorder.path, tiny });
  const found = bestReplies(recorder.frames);
  for (const [name, payload] of found) if (!replies.has(name)) replies.set(name, payload);
}
const names = Object.keys(procedureTable).filter((name) => replies.has(name));
const members = names.map((name) => `  ${name}: '${replies.get(name)?.toString('base64') ?? ''}',\n`);
writeFileSync(
  join(import.meta.dirname, '../../src/testing/recorded-replies.gen.ts'),
  '// Recorded from libvirt 9.0.0 by test/recording/record.ts. Do not edit.\n' +
    `/** The encoded replies of real drivers, by call. */\nexport const recordedReplies = {\n${members.join('')}} as const;\n`,
);
process.stdout.write(`${names.length} replies\n`);

/** Of each call the longest reply that is not too long and says nothing about this machine. */
function bestReplies(frames: readonly Frame[]): ReadonlyMap<string, Buffer> {
  const byNumber = new Map(Object.entries(procedureTable).map(([name, one]) => [`${one.program}/${one.number}`, name]));
  const best = new Map<string, Buffer>();
  for (const { program, procedure, type, status, payload } of frames) {
    const name = byNumber.get(`${program}/${procedure}`);
    if (!name || type !== NetMessageType.REPLY || status !== NetMessageStatus.OK) continue;
    const bytes = Buffer.from(payload);
    if (bytes.length > MAX_BYTES || bytes.includes(tiny) || bytes.includes(hostname())) continue;
    if (bytes.length >= (best.get(name)?.length ?? 0)) best.set(name, bytes);
  }
  return best;
}
