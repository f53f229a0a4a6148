import type { Holds } from './holds.ts';

/** Marks among the holds of a thing that several volumes share: it was there before, or was busy when its last user went. */
const notOurs = 'not-ours';
const leftBusy = 'left-busy';

/** A thing of the host that is made with its first user: a mount, a session. */
export interface SharedThing {
  readonly isThere: () => Promise<boolean>;
  /** Leaves nothing when it fails. */
  readonly make: () => Promise<void>;
}

/** Whether what is there was there before anybody here used it. */
export async function isForeign(holds: Holds, thing: string): Promise<boolean> {
  return (await holds.list(thing)).includes(notOurs);
}

/** Adds a user to a thing, made unless it is there. The thing's lock must be held. Answers whether it was made. */
export async function joinShared(
  holds: Holds,
  thing: string,
  user: string,
  { isThere, make }: SharedThing,
): Promise<boolean> {
  if (await isThere()) {
    if ((await holds.list(thing)).length === 0) await holds.add(thing, notOurs);
    await holds.add(thing, user);
    return false;
  }
  await holds.remove(thing, notOurs);
  const isNew = await holds.add(thing, user);
  try {
    await make();
    return true;
  } catch (error) {
    if (isNew) await holds.remove(thing, user);
    throw error;
  }
}

/**
 * Takes a user away, and the thing with its last one unless it was there before. Does nothing for a user that never joined.
 * `remove` answers false for a thing that strangers are busy with. The thing's lock must be held.
 */
export async function leaveShared(
  holds: Holds,
  thing: string,
  user: string,
  remove: () => Promise<boolean>,
): Promise<void> {
  const holders = await holds.list(thing);
  if (!holders.includes(user)) return;
  const isLast = holders.every((one) => one === user || one === notOurs || one === leftBusy);
  if (isLast && !holders.includes(notOurs) && !(await remove())) await holds.add(thing, leftBusy);
  else if (isLast) for (const mark of [notOurs, leftBusy]) await holds.remove(thing, mark);
  await holds.remove(thing, user);
}
