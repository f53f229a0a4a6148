import type { RecordedFault } from './recorded-spawn-case.ts';

/** Names of errors that the recording raised as themselves; any other is a RuntimeError with the name as its message. */
const known: readonly string[] = [
  'ImageNotFound',
  'InstanceNotFound',
  'InternalError',
  'Timeout',
  'VirtualInterfacePlugException',
  'libvirtError',
];

/** An error that a case lets a step fail with. */
export class InjectedError extends Error {
  override readonly name = 'InjectedError';
  /** As the recording names it. */
  readonly kind: string;

  constructor(raised: string) {
    super(raised);
    this.kind = known.includes(raised) ? raised : `RuntimeError: ${raised}`;
  }
}

/** The faults of a case. */
export interface Faults {
  /** What a step fails with, asked once per call of it; undefined when it succeeds. */
  of(step: string): string | undefined;
}

export function faultsOf(faults: Readonly<Record<string, RecordedFault>> = {}): Faults {
  const calls = new Map<string, number>();
  return {
    of(step) {
      const fault = faults[step];
      const call = (calls.get(step) ?? 0) + 1;
      calls.set(step, call);
      if (fault === undefined || typeof fault === 'string') return fault;
      return fault.on_call === call ? fault.raise : undefined;
    },
  };
}
