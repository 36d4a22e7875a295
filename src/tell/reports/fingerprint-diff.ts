/**
 * `check --write-diff`: the difference from the baseline as a unified diff without context (POSIX diff -U 0)
 * over the lines of the two snapshots. A facet that was not compared is in neither snapshot. What an earlier
 * diff says about it is still the latest knowledge and stays, under the names and times of that diff.
 */

import { type Facet, facets, portableFacets } from '../../catalog/facets.ts';
import { visible } from '../../catalog/visible.ts';
import { isComparedIn } from '../../drift/compare.ts';
import { withoutHostEntries } from '../../drift/secret-entries.ts';
import { type Entries, facetOf, formatBody, unescapeText } from '../../drift/snapshot.ts';
import type { TargetState } from '../../drift/state.ts';

/** Line 1 of a snapshot is its header, which is not compared. */
const headerLines = 1;

/** Returns the entries of some facets on both sides: the current ones, and those before every change. */
function sides(state: TargetState, only: readonly Facet[]): readonly [before: Entries, after: Entries] {
  const compared = only.filter((facet) => state.facets[facet]?.drift !== undefined);
  const after = new Map(
    [...withoutHostEntries(state.entries)].filter(([key]) => compared.includes(facetOf(key) as Facet)),
  );
  const before = new Map(after);
  for (const change of compared.flatMap((facet) => state.facets[facet]?.drift?.changes ?? [])) {
    if (change.expected === undefined) before.delete(change.key);
    else before.set(change.key, change.expected);
    if (change.actual !== undefined) after.set(change.key, change.actual);
  }
  return [before, after];
}

/** The tab in a header separates name and time; all other invisible characters are escaped. */
const shownLine = (line: string) => line.split('\t').map(visible).join('\t');
const linesOf = (entries: Entries) => formatBody(entries).split('\n').slice(0, -1);

/** Returns the hunks of two sorted lists of unique lines. */
function hunks(before: readonly string[], after: readonly string[]): readonly string[] {
  const [old, now] = [new Set(before), new Set(after)];
  const out: string[] = [];
  let i = 0;
  let j = 0;
  while (i < before.length || j < after.length) {
    const [from, to] = [i, j];
    while (i < before.length && !now.has(before[i] as string)) i++;
    while (j < after.length && !old.has(after[j] as string)) j++;
    if (i === from && j === to) {
      i++;
      j++;
      continue;
    }
    out.push(
      `@@ -${range(from, i - from)} +${range(to, j - to)} @@`,
      ...before.slice(from, i).map((line) => `-${line}`),
      ...after.slice(to, j).map((line) => `+${line}`),
    );
  }
  return out;
}

/** Formats a range of diff: an empty range names the line before it, a range of one line has no count. */
function range(index: number, count: number): string {
  const start = index + headerLines + (count === 0 ? 0 : 1);
  return count === 1 ? `${start}` : `${start},${count}`;
}

/** Returns the key of a diff line: sign, key, and the first unescaped `=`. */
function keyOfLine(line: string): string | undefined {
  const written = /^[+-]((?:[^\\=]|\\.)+)=/.exec(line)?.[1];
  return written === undefined ? undefined : unescapeText(written);
}

/** Returns the parts of an earlier diff about entries that were not compared this time. */
function keptParts(earlier: string, isCompared: (key: string) => boolean): readonly string[] {
  return earlier.split(/^(?=--- )/m).flatMap((part) => {
    const [oldFile = '', newFile = '', ...lines] = part.split('\n');
    const kept = lines.filter((line) => {
      const key = keyOfLine(line);
      return key !== undefined && !isCompared(key);
    });
    const linesWith = (sign: string) =>
      kept.filter((line) => line.startsWith(sign)).map((line) => line.slice(1));
    return kept.length === 0 ? [] : [oldFile, newFile, ...hunks(linesWith('-'), linesWith('+'))];
  });
}

/**
 * Returns the diff, undefined if nothing differs and nothing that `earlier` (the diff of an earlier check)
 * says is still open. A facet that could not be read, or whose baseline is gone, is not a facet without
 * differences.
 */
export function fingerprintDiff(state: TargetState, earlier = ''): string | undefined {
  const portable: readonly Facet[] = portableFacets;
  const stamp = (ms: number | undefined) => (ms === undefined ? '' : `\t${new Date(ms).toISOString()}`);
  const parts = [portable, facets.filter((facet) => !portable.includes(facet))].flatMap((only, index) => {
    const [before, after] = sides(state, only);
    const found = hunks(linesOf(before), linesOf(after));
    if (found.length === 0) return [];
    const source = index === 0 ? state.baseline.source : 'this host before';
    return [
      `--- ${source}${index === 0 ? stamp(state.baseline.time) : ''}`,
      `+++ now${stamp(state.time)}`,
      ...found,
    ];
  });
  const all = [...parts, ...keptParts(earlier, isComparedIn(state))];
  return all.length === 0 ? undefined : `${all.map(shownLine).join('\n')}\n`;
}

const isoTime = String.raw`\d{4,6}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`;
const oldName = new RegExp(`^--- .+?(\t${isoTime})?$`);
const newName = new RegExp(`^\\+\\+\\+ now\t${isoTime}$`);

/**
 * Reports whether a text was made by {@link fingerprintDiff}: names, then hunks of entries, and nothing else.
 */
export function isFingerprintDiff(text: string): boolean {
  const lines = text.split('\n');
  return (
    lines.pop() === '' &&
    oldName.test(lines[0] ?? '') &&
    newName.test(lines[1] ?? '') &&
    lines.every((line) =>
      /^(--- |\+\+\+ now\t|@@ -\d+(,\d+)? \+\d+(,\d+)? @@$|[+-][a-z]+\.[^=]+=)/.test(line),
    )
  );
}
