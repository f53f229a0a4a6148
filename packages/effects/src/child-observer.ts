import type { HostExecOptions } from './host-exec.ts';
import type { JournalRecord } from './journal.ts';

/** What `hostExec` is given so that its commands stand in a journal: `hostExec({ log, ...rollback.childObserver })`. */
export type ChildObserver = Required<Pick<HostExecOptions, 'onChild' | 'onChildEnd'>>;

/** Has commands recorded as they come and go. */
export function observeChildren(record: (one: JournalRecord) => Promise<void>): ChildObserver {
  return { onChild: (child) => record({ child }), onChildEnd: (child) => record({ ended: child }) };
}
