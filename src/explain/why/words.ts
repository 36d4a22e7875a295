/** Text helpers shared by the answers. */
import { visible } from '../../catalog/visible.ts';
import type { Origin } from '../../drift/model.ts';

/** Returns a location in a file; without a line, or with line 0, the file as a whole. */
export const inFile = (path: string, line = 0): Origin => ({
  kind: 'file',
  path,
  ...(line === 0 ? {} : { line }),
});

/** Returns an origin as text: `/home/me/.config/go/env:3`, `the process environment`, `Go's default`. */
export function placeText({ kind, path, line }: Origin): string {
  if (path !== undefined) return line === undefined ? path : `${path}:${line}`;
  switch (kind) {
    case 'process':
      return 'the process environment';
    case 'default':
      return "Go's default";
    case 'goenv':
      return 'GOENV';
    case 'goroot':
      return '$GOROOT/go.env';
    default:
      return kind;
  }
}

/**
 * Returns the number of single-letter edits, including swaps of neighbours, between two words (restricted
 * Damerau-Levenshtein distance).
 */
export function editDistance(a: string, b: string): number {
  let [before, last] = [[] as number[], Array.from({ length: b.length + 1 }, (_, index) => index)];
  for (let row = 1; row <= a.length; row++) {
    const now = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let least = Math.min(
        (last[column] as number) + 1,
        (now[column - 1] as number) + 1,
        (last[column - 1] as number) + (same ? 0 : 1),
      );
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) least = Math.min(least, (before[column - 2] as number) + 1);
      now.push(least);
    }
    [before, last] = [last, now];
  }
  return last[b.length] as number;
}

/** Longest prefix to compare. */
const longest = 100;

/**
 * Returns the names closest to a mistyped word, best first, at most five: few letters differ, or one contains
 * the other.
 */
export function nearestNames(word: string, names: Iterable<string>): readonly string[] {
  const asked = word.toLowerCase().slice(0, longest);
  const most = Math.max(1, Math.floor(asked.length / 3));
  const scored = new Map<string, number>();
  for (const name of names) {
    const own = name.toLowerCase().slice(0, longest);
    // Users tend to remember the part after the facet.
    const bare = own.replace(/^[a-z_]+\./, '');
    const holds = asked.length >= 3 && (own.includes(asked) || (bare.length >= 3 && asked.includes(bare)));
    const near = [own, bare].filter((one) => Math.abs(one.length - asked.length) <= most);
    const distance = Math.min(...near.map((one) => editDistance(asked, one)), holds ? 2 : most + 1);
    if (distance <= Math.max(most, holds ? 2 : 0)) scored.set(name, distance);
  }
  return [...scored]
    .sort(([a, x], [b, y]) => x - y || (a < b ? -1 : 1))
    .slice(0, 5)
    .map(([name]) => name);
}

/** Returns the advice for an unknown name: the closest names, or `otherwise` if none is close. */
export function meantOr(word: string, names: Iterable<string>, otherwise: string): string {
  const near = nearestNames(word, names);
  return near.length === 0 ? otherwise : `did you mean ${near.map(visible).join(', ')}?`;
}
