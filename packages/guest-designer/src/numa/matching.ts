/** Who can go where: numbers from 0 stand for guests and places. */
export interface MatchingProblem {
  readonly guests: number;
  readonly places: number;
  readonly fits: (guest: number, place: number) => boolean;
}

/**
 * A place of its own for each guest, undefined when there is none. The first guest gets the first place that leaves room for
 * all others, then the second one, and so on: the first answer of trying every order, without trying them.
 */
export function firstMatching(problem: MatchingProblem): readonly number[] | undefined {
  const { guests, places, fits } = problem;
  const chosen: number[] = [];
  for (let guest = 0; guest < guests; guest++) {
    const place = range(0, places).find(
      (one) => !chosen.includes(one) && fits(guest, one) && othersFit(problem, guest + 1, [...chosen, one]),
    );
    if (place === undefined) return undefined;
    chosen.push(place);
  }
  return chosen;
}

/** Whether the guests from `first` on find places beside those taken. Follows Kuhn's algorithm for bipartite matching. */
function othersFit({ guests, places, fits }: MatchingProblem, first: number, taken: readonly number[]): boolean {
  const guestOf = new Map<number, number>();
  const settle = (guest: number, tried: Set<number>): boolean =>
    range(0, places).some((place) => {
      if (taken.includes(place) || tried.has(place) || !fits(guest, place)) return false;
      tried.add(place);
      const other = guestOf.get(place);
      if (other !== undefined && !settle(other, tried)) return false;
      guestOf.set(place, guest);
      return true;
    });
  return range(first, guests).every((guest) => settle(guest, new Set()));
}

function range(from: number, to: number): readonly number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, index) => from + index);
}
