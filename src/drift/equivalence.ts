/** Values that are written otherwise and mean the same: no drift. */
import { parseGoflags } from '../go/goflags.ts';
import type { Entries } from './snapshot.ts';

/** Lists of which any pattern counts, wherever it stands. */
const patternLists: ReadonlySet<string> = new Set([
  'env.GOPRIVATE',
  'env.GONOPROXY',
  'env.GONOSUMDB',
  'env.GOINSECURE',
]);

function patternsOf(value: string): string {
  return [...new Set(value.split(',').filter((pattern) => pattern !== ''))].sort().join(',');
}

/** Flags by their names: of one name the last counts, so theirs stay in order. Undefined where the order of all may matter. */
function flagsOf(value: string): string | undefined {
  const { flags, problem } = parseGoflags(value);
  // -coverpkg and -covermode switch -cover on, which another -cover may switch off again.
  if (problem !== undefined || flags.some(({ name }) => name.startsWith('cover'))) return undefined;
  const ofName = (name: string) =>
    flags.filter((flag) => flag.name === name).map((flag) => flag.value ?? 'true');
  const names = [...new Set(flags.map(({ name }) => name))].sort();
  return JSON.stringify(names.map((name) => [name, ofName(name)]));
}

/** Whether go does the same with both values of an entry. */
export function sameMeaning(key: string, old: string, now: string): boolean {
  if (patternLists.has(key)) return patternsOf(old) === patternsOf(now);
  if (key !== 'env.GOFLAGS') return false;
  const before = flagsOf(old);
  return before !== undefined && before === flagsOf(now);
}

/** The entries of now, with the old value where the new one means the same. */
export function withoutRewording(old: Entries, now: Entries): Entries {
  const reworded = [...patternLists, 'env.GOFLAGS'].filter((key) => {
    const [before, after] = [old.get(key), now.get(key)];
    return before !== undefined && after !== undefined && before !== after && sameMeaning(key, before, after);
  });
  if (reworded.length === 0) return now;
  return new Map([...now, ...reworded.map((key) => [key, old.get(key) ?? ''] as const)]);
}
