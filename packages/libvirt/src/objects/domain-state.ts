import { DomainState, stateReasons } from '../generated/enums.gen.ts';
import { type NameOf, nameOf } from './names.ts';

/** A domain's state and how it came about; which reasons there are depends on the state. */
export type DomainStatus = {
  [State in keyof typeof stateReasons]: {
    readonly state: State;
    readonly reason: NameOf<(typeof stateReasons)[State]>;
  };
}[keyof typeof stateReasons];

/** State and reason by name. A state that only a newer daemon knows is `NOSTATE`, libvirt's "no state known". */
export function domainStatus(state: number, reason: number): DomainStatus {
  const name = stateName(state);
  return { state: name, reason: nameOf(stateReasons[name], reason) };
}

/** The name of a state alone. */
export function stateName(state: number): keyof typeof DomainState {
  const name = nameOf(DomainState, state);
  return name in DomainState ? (name as keyof typeof DomainState) : 'NOSTATE';
}
