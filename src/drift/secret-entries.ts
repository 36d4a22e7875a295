/**
 * Detects changes of secrets (design §3). An entry whose value is partly hidden is accompanied by a keyed
 * hash of the whole value, `env.GOPROXY.secret`. The hash is a fact of this host: it is compared only with
 * this host's own past, is not part of a fingerprint, and is never printed.
 */
import { isShippedKey } from './shipped-entries.ts';
import type { Entries } from './snapshot.ts';

const suffix = '.secret';

/**
 * Returns the key of the hash that belongs to an entry. No variable name contains a dot, so it cannot clash.
 */
export function secretKeyOf(key: string): string {
  return `${key}${suffix}`;
}

/** Reports whether a key is the key of a hash. */
export function isSecretKey(key: string): boolean {
  return key.startsWith('env.') && key.endsWith(suffix);
}

/** Returns the name of an entry without its facet; for a hash, the name of its variable. */
export function nameOfEntry(key: string): string {
  const name = key.slice(key.indexOf('.') + 1);
  return isSecretKey(key) ? name.slice(0, -suffix.length) : name;
}

/**
 * Returns the entries that may be printed, committed and compared between hosts: without hashes, and without
 * lines of this host's `go.env`.
 */
export function withoutHostEntries(entries: Entries): Entries {
  return new Map([...entries].filter(([key]) => !isSecretKey(key) && !isShippedKey(key)));
}

/** Suffix of a value of which only the hidden part changed. */
export const secretChanged = ' (redacted, changed)';

/** Hashes made with different keys cannot be compared; the part before the colon identifies the key. */
const sameHashKey = (a: string, b: string) => a.split(':')[0] === b.split(':')[0];

/**
 * Removes the hashes from both sides of a comparison. If they show that only the hidden part of a value
 * changed, the new value gets the suffix {@link secretChanged}.
 */
export function withSecretsCompared(
  old: Entries,
  now: Entries,
): { readonly old: Entries; readonly now: Entries } {
  const changed = [...now].flatMap(([key, hash]) => {
    if (!isSecretKey(key)) return [];
    const entry = key.slice(0, -suffix.length);
    const [before, after] = [old.get(entry), now.get(entry)];
    const known = old.get(key);
    const only = before !== undefined && before === after && known !== undefined && known !== hash;
    return only && sameHashKey(known, hash) ? [[entry, `${after}${secretChanged}`] as const] : [];
  });
  return { old: withoutHostEntries(old), now: new Map([...withoutHostEntries(now), ...changed]) };
}

/**
 * Returns the baseline entries whose visible part is unchanged but whose hidden part could not be compared:
 * the current hash is missing or was made with another key. This happens if the key in the state directory is
 * damaged, gone or not readable for this user.
 */
export function uncomparedSecrets(old: Entries, now: Entries): readonly string[] {
  return [...old].flatMap(([key, known]) => {
    if (!isSecretKey(key)) return [];
    const entry = key.slice(0, -suffix.length);
    const hash = now.get(key);
    const isShown = old.get(entry) !== undefined && old.get(entry) === now.get(entry);
    return isShown && (hash === undefined || !sameHashKey(known, hash)) ? [entry] : [];
  });
}

/**
 * Returns the hashes of this host's own past for a baseline without hashes, such as a committed one: those of
 * entries that have the same value in both.
 */
export function secretsOf(baseline: Entries, host: Entries): readonly (readonly [string, string])[] {
  return [...host].filter(([key]) => {
    const entry = key.slice(0, -suffix.length);
    return isSecretKey(key) && host.get(entry) === baseline.get(entry);
  });
}
