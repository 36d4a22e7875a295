/**
 * What `$GOROOT/go.env` says for the variables that every release sets there. Such a line is Go's default and no entry (decision 0032), and the digest
 * of a toolchain leaves the file out; so beside the environment stands what the line is, `env.GOPROXY.shipped`. It is a fact of this host: compared with
 * this host's own past only (decision 0064), no part of a fingerprint, and never printed.
 */
import type { Origin } from './model.ts';
import type { Entries } from './snapshot.ts';

const suffix = '.shipped';

/** Stands for a line that is not there: an empty value would be no entry, and old snapshots have none either. */
export const noLine = '(none)';

/** The key of what go.env says for a variable. No variable has a dot in its name. */
export function shippedKeyOf(name: string): string {
  return `env.${name}${suffix}`;
}

/** Whether a key is one of those. */
export function isShippedKey(key: string): boolean {
  return key.startsWith('env.') && key.endsWith(suffix);
}

function without(entries: Entries): Entries {
  return new Map([...entries].filter(([key]) => !isShippedKey(key)));
}

/**
 * Both sides of a comparison without those lines: where the line is another one than it was, and nobody had set the variable, what was in force then
 * and what is in force now are entries of it.
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

/** How to put back the line that a change comes from; undefined where the baseline has the entry itself, or nothing was known of the file. */
export function shippedWayBack(
  { key, expected, origin }: { readonly key: string; readonly expected?: string; readonly origin?: Origin },
  baseline: Entries | undefined,
): string | undefined {
  const known = baseline?.has(key) === false ? baseline.get(`${key}${suffix}`) : undefined;
  if (known === undefined || (expected ?? noLine) !== known || origin?.kind === 'process') return undefined;
  const file = origin?.path ?? 'go.env of the GOROOT';
  const name = key.slice('env.'.length);
  return expected === undefined
    ? `take the line ${name} out of ${file}`
    : `write ${name}=${expected} into ${file}`;
}

/** The lines of this host's own past for a baseline that has none, as a committed one. */
export function shippedOf(host: Entries): readonly (readonly [string, string])[] {
  return [...host].filter(([key]) => isShippedKey(key));
}
