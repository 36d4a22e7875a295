/** Values that are spelled differently and mean the same to Go: no drift. */
import { parseGoflags } from '../go/goflags.ts';
import type { Entries } from './snapshot.ts';

/** Comma-separated pattern lists in which order does not matter. */
const patternLists: ReadonlySet<string> = new Set([
  'env.GOPRIVATE',
  'env.GONOPROXY',
  'env.GONOSUMDB',
  'env.GOINSECURE',
]);

function patternsOf(value: string): string {
  return [...new Set(value.split(',').filter((pattern) => pattern !== ''))].sort().join(',');
}

/**
 * Returns the flags grouped by name, in a comparable form. The last flag of a name wins, so the order within
 * a name is kept. Undefined where the order across names may matter.
 */
function flagsOf(value: string): string | undefined {
  const { flags, problem } = parseGoflags(value);
  // -coverpkg and -covermode turn -cover on, and a later -cover may turn it off again.
  if (problem !== undefined || flags.some(({ name }) => name.startsWith('cover'))) return undefined;
  const ofName = (name: string) =>
    flags.filter((flag) => flag.name === name).map((flag) => flag.value ?? 'true');
  const names = [...new Set(flags.map(({ name }) => name))].sort();
  return JSON.stringify(names.map((name) => [name, ofName(name)]));
}

/** Reports whether both values of an entry mean the same to Go. */
export function sameMeaning(key: string, old: string, now: string): boolean {
  if (patternLists.has(key)) return patternsOf(old) === patternsOf(now);
  if (key !== 'env.GOFLAGS') return false;
  const before = flagsOf(old);
  return before !== undefined && before === flagsOf(now);
}

/** Returns the current entries, with the old spelling wherever the new one means the same. */
export function withoutRewording(old: Entries, now: Entries): Entries {
  const reworded = [...patternLists, 'env.GOFLAGS'].filter((key) => {
    const [before, after] = [old.get(key), now.get(key)];
    return before !== undefined && after !== undefined && before !== after && sameMeaning(key, before, after);
  });
  if (reworded.length === 0) return now;
  return new Map([...now, ...reworded.map((key) => [key, old.get(key) ?? ''] as const)]);
}
