import { timed, timing, type Timing } from './statistics.ts';

/** Something to be timed. Answers milliseconds: what has to be made ready or cleared away is not counted. */
export type Contender = () => Promise<number>;

/**
 * Runs contenders in turns, every other round backwards, so that each suffers alike from what else the machine does. Those
 * of one turn need each other, such as a launch and its delete, and always keep their order.
 */
export async function inTurns<Name extends string>(
  turns: readonly Readonly<Partial<Record<Name, Contender>>>[],
  rounds: number,
): Promise<Readonly<Record<Name, Timing>>> {
  const times = new Map<string, number[]>();
  for (let index = 0; index < rounds; index++) {
    for (const turn of index % 2 === 0 ? turns : turns.toReversed()) {
      for (const [name, run] of Object.entries<Contender | undefined>(turn)) {
        if (run) times.set(name, [...(times.get(name) ?? []), await run()]);
      }
    }
  }
  return Object.fromEntries([...times].map(([name, ms]) => [name, timing(ms)])) as Record<Name, Timing>;
}

/** A contender that runs something, then clears away untimed what it answered. */
export function contender<T>(run: () => Promise<T>, clear: (made: T) => Promise<unknown>): Contender {
  return async () => {
    let made: T | undefined;
    const took = await timed(async () => {
      made = await run();
    });
    await clear(made as T);
    return took;
  };
}
