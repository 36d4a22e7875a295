/**
 * Lines of `$GOROOT/go.env` for the variables that every release sets there. Such a line is Go's default and
 * makes no entry (decision 0032), and the toolchain digest excludes the file. Therefore the line is recorded
 * separately, as `env.GOPROXY.shipped`. It is a fact of this host: it is compared only with this host's own
 * past (decision 0064), is not part of a fingerprint, and is never printed.
 */
import type { Origin } from './model.ts';
import type { Entries } from './snapshot.ts';

const suffix = '.shipped';

/**
 * Stands for a missing line. An empty value would make no entry, and then it could not be told from an old
 * snapshot, which has no such entries.
 */
export const noLine = '(none)';

/**
 * Returns the key for the line of go.env that sets a variable. No variable name contains a dot, so it cannot
 * clash.
 */
export function shippedKeyOf(name: string): string {
  return `env.${name}${suffix}`;
}

/** Reports whether a key stands for a line of go.env. */
export function isShippedKey(key: string): boolean {
  return key.startsWith('env.') && key.endsWith(suffix);
}

function without(entries: Entries): Entries {
  return new Map([...entries].filter(([key]) => !isShippedKey(key)));
}

/**
 * Removes these lines from both sides of a comparison. If a line changed and the variable was not set, the
 * values that were and are in force become entries of the variable.
 */
export function withShippedCompared(
  old: Entries,
  now: Entries,
): { readonly old: Entries; readonly now: Entries } {
  const [before, after] = [new Map(without(old)), new Map(without(now))];
  for (const [key, line] of now) {
    const entry = key.slice(0, -suffix.length);
    const known = old.get(key);
    if (!isShippedKey(key) || known === undefined || known === line || old.has(entry)) continue;
    if (known !== noLine) before.set(entry, known);
    if (line !== noLine && !now.has(entry)) after.set(entry, line);
  }
  return { old: before, now: after };
}

/**
 * Returns how to restore the go.env line behind a change; undefined if the baseline has the entry itself, or
 * no line was recorded.
 */
export function shippedWayBack(
  { key, expected, origin }: { readonly key: string; readonly expected?: string; readonly origin?: Origin },
  baseline: Entries | undefined,
): string | undefined {
  const known = baseline?.has(key) === false ? baseline.get(`${key}${suffix}`) : undefined;
  if (known === undefined || (expected ?? noLine) !== known || origin?.kind === 'process') return undefined;
  const file = origin?.path ?? 'go.env of the GOROOT';
  const name = key.slice('env.'.length);
  return expected === undefined
    ? `remove the line ${name} from ${file}`
    : `write ${name}=${expected} into ${file}`;
}

/** Returns the lines of this host's own past for a baseline without such lines, such as a committed one. */
export function shippedOf(host: Entries): readonly (readonly [string, string])[] {
  return [...host].filter(([key]) => isShippedKey(key));
}
