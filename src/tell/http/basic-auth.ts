/**
 * Users and passwords of a web configuration (RFC 7617, bcrypt). Who is known has been compared once: a scrape each five seconds costs a digest, not
 * bcrypt's tenth of a second. Who is not known waits for bcrypt, one after the other, whether there is such a user or not.
 */
import { hmacHex, randomHex } from '../../host/digest.ts';

/** Whether a password is that of a bcrypt hash; it takes as long as the cost in the hash says. */
export type ComparePassword = (password: string, hash: string) => Promise<boolean>;

/** Comparisons that wait; whoever comes on top is told to come again. They come from strangers: who has been let in before does not wait. */
const mostWaiting = 16;
/** Pairs of user and password that are remembered: those that are right, and those that are wrong. */
const mostRemembered = 100;

/** Whether a request may pass; `busy`: nobody knows, for too many wait. */
export type Verdict = 'yes' | 'no' | 'busy';

/** User and password of an `Authorization` header; undefined for anything else. */
export function basicCredentials(
  header: string | undefined,
): { readonly user: string; readonly password: string } | undefined {
  const encoded = /^basic +([A-Za-z0-9+/]+={0,2})$/i.exec(header ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon === -1 ? undefined : { user: text.slice(0, colon), password: text.slice(colon + 1) };
}

/** A hash of no password, which costs as much to compare with as the dearest of those given: whether there is a user cannot be told by the time. */
function nobodysHash(hashes: Iterable<string>): string {
  const costs = [...hashes].map((hash) => hash.slice(4, 6)).sort();
  return `$2b$${costs.at(-1) ?? '10'}$${'godriftnobodynobodynoOe'.slice(0, 22)}${'.'.repeat(31)}`;
}

/** A set that forgets what it was given first. */
class Remembered {
  readonly #keys = new Set<string>();
  has(key: string): boolean {
    return this.#keys.has(key);
  }
  add(key: string): void {
    this.#keys.add(key);
    if (this.#keys.size > mostRemembered) this.#keys.delete(this.#keys.values().next().value as string);
  }
}

/** Makes what decides about requests, with a memory of its own. */
export function createBasicAuth(
  compare: ComparePassword,
): (users: ReadonlyMap<string, string>, header: string | undefined) => Promise<Verdict> {
  // Passwords are remembered as digests under a key that ends with the process.
  const secret = Buffer.from(randomHex(32), 'hex');
  const right = new Remembered();
  const wrong = new Remembered();
  let waiting = 0;
  return async (users, header) => {
    const given = basicCredentials(header);
    if (given === undefined) return 'no';
    const known = users.get(given.user);
    const hash = known ?? nobodysHash(users.values());
    const key = hmacHex(secret, JSON.stringify([given.user, hash, given.password]));
    if (right.has(key)) return 'yes';
    if (wrong.has(key)) return 'no';
    if (waiting >= mostWaiting) return 'busy';
    waiting++;
    try {
      const isRight = (await compare(given.password, hash)) && known !== undefined;
      (isRight ? right : wrong).add(key);
      return isRight ? 'yes' : 'no';
    } finally {
      waiting--;
    }
  };
}
