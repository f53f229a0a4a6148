import { ConfigDriveError } from './errors.ts';
import {
  type GuestFacts,
  type GuestQuestions,
  injectionPlan,
  injectionQuestions,
  type InjectionStep,
} from './injection-plan.ts';
import { type InjectionContents, type InjectionItem, wantedItems } from './injection-request.ts';

/** Access to the file system of a guest that is switched off. Whatever either throws, the guest is closed by then. */
export interface GuestFiles {
  /** Opens the guest without changing it. Rejects when it cannot be opened. */
  look(questions: GuestQuestions): Promise<GuestFacts>;
  /** Applies steps in order until an operation fails, and answers the failure of that step. Rejects when closing fails. */
  apply(steps: readonly InjectionStep[]): Promise<InjectionFailure | undefined>;
}

/** An item that could not be injected, or only in part. */
export interface InjectionFailure {
  readonly item: InjectionItem;
  readonly error: ConfigDriveError;
}

export interface InjectionReport {
  /** True when all that was wanted is in the guest (what Nova's `inject_data` returns). */
  readonly complete: boolean;
  readonly failures: readonly InjectionFailure[];
}

/**
 * Injects what is wanted, as Nova's `inject_data`: an item that fails is reported and the others go on, unless it is
 * mandatory; a guest that cannot be opened is an error when a mandatory item is wanted. Throws the error of a mandatory item.
 */
export async function inject(
  contents: InjectionContents,
  guest: GuestFiles,
  hash: (password: string) => string,
): Promise<InjectionReport> {
  const wanted = wantedItems(contents);
  const mandatory = contents.mandatory ?? ['files'];
  const failures: InjectionFailure[] = [];
  try {
    let facts = await guest.look(injectionQuestions(contents, wanted));
    for (let left = wanted; left.length > 0; ) {
      const failure = await applyPlan(guest, injectionPlan(contents, facts, hash, left));
      if (!failure) break;
      if (mandatory.includes(failure.item)) throw failure.error;
      failures.push(failure);
      left = left.slice(left.indexOf(failure.item) + 1);
      // What follows is planned anew: it may have counted on what the failed item would have made.
      if (left.length > 0) facts = await guest.look(injectionQuestions(contents, left));
    }
  } catch (error) {
    if (!isUnopened(error) || wanted.some((item) => mandatory.includes(item))) throw error;
    return { complete: false, failures: wanted.map((item) => ({ item, error })) };
  }
  return { complete: failures.length === 0, failures };
}

/** Steps up to the first that cannot be planned to its end, which fails when all before it went well. */
async function applyPlan(guest: GuestFiles, steps: readonly InjectionStep[]): Promise<InjectionFailure | undefined> {
  const stop = steps.findIndex(({ problem }) => problem !== undefined);
  const ready = stop < 0 ? steps : steps.slice(0, stop + 1);
  const failure = ready.some(({ operations }) => operations.length > 0) ? await guest.apply(ready) : undefined;
  if (failure) return failure;
  const last = ready.at(-1);
  return last?.problem && { item: last.item, error: last.problem };
}

function isUnopened(error: unknown): error is ConfigDriveError {
  return error instanceof ConfigDriveError && error.code === 'UNREADABLE_GUEST';
}
