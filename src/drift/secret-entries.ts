/**
 * Whether a secret changed (design §3): beside an entry whose value is partly hidden stands the keyed hash of the whole, `env.GOPROXY.secret`.
 * It is a fact of this host: compared with this host's own past only, no part of a fingerprint, and never printed.
 */
import { isShippedKey } from './shipped-entries.ts';
import type { Entries } from './snapshot.ts';

const suffix = '.secret';

/** The key of the hash that belongs to an entry. No variable has a dot in its name. */
export function secretKeyOf(key: string): string {
  return `${key}${suffix}`;
}

/** Whether a key is that of a hash. */
export function isSecretKey(key: string): boolean {
  return key.startsWith('env.') && key.endsWith(suffix);
}

/** What an entry is about, without its facet: of a variable, and of the hash beside it, the name. */
export function nameOfEntry(key: string): string {
  const name = key.slice(key.indexOf('.') + 1);
  return isSecretKey(key) ? name.slice(0, -suffix.length) : name;
}

/** The entries that may be printed, committed and compared between hosts: no hashes, and no lines of this host's `go.env`. */
export function withoutHostEntries(entries: Entries): Entries {
  return new Map([...entries].filter(([key]) => !isSecretKey(key) && !isShippedKey(key)));
}

/** Stands behind a value of which only what is hidden differs. */
export const secretChanged = ' (redacted, changed)';

/** Hashes of different keys say nothing about each other; the part before the colon names the key. */
const sameHashKey = (a: string, b: string) => a.split(':')[0] === b.split(':')[0];

/**
 * Both sides of a comparison without hashes: where they show that only the hidden part of a value differs, the new value says so in words.
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
 * The entries of a baseline that show what they showed, and of whose hidden part nothing can be said: it was hashed, and now there is no hash, or one of another
 * key. So it is where the key of the state directory is damaged, gone, or not to be read by this user.
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

/** The hashes of this host's own past for a baseline that has none, as a committed one: of the entries that both have with the same value. */
export function secretsOf(baseline: Entries, host: Entries): readonly (readonly [string, string])[] {
  return [...host].filter(([key]) => {
    const entry = key.slice(0, -suffix.length);
    return isSecretKey(key) && host.get(entry) === baseline.get(entry);
  });
}
