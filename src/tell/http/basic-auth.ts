/**
 * Checks users and passwords of a web configuration (RFC 7617, bcrypt). A password that was compared before
 * costs a digest instead of bcrypt's tenth of a second, which matters for a scrape every five seconds.
 * Unknown passwords are compared one at a time, whether or not the user exists.
 */
import { hmacHex, randomHex } from '../../host/digest.ts';

/** Reports whether a password matches a bcrypt hash. Takes as long as the cost in the hash demands. */
export type ComparePassword = (password: string, hash: string) => Promise<boolean>;

/**
 * Most waiting comparisons; further requests are told to retry. Clients that were admitted before do not
 * wait.
 */
const mostWaiting = 16;
/** Most remembered pairs of user and password, right ones and wrong ones each. */
const mostRemembered = 100;

/** Decision on a request. `busy`: not decided, because too many comparisons wait. */
export type AuthDecision = 'yes' | 'no' | 'busy';

/** Returns user and password of an `Authorization` header, undefined for anything else. */
export function basicCredentials(
  header: string | undefined,
): { readonly user: string; readonly password: string } | undefined {
  const encoded = /^basic +([A-Za-z0-9+/]+={0,2})$/i.exec(header ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon === -1 ? undefined : { user: text.slice(0, colon), password: text.slice(colon + 1) };
}

/**
 * Returns a hash that matches no password and costs as much as the most expensive given one, so that the
 * response time does not reveal whether a user exists.
 */
function nobodysHash(hashes: Iterable<string>): string {
  const costs = [...hashes].map((hash) => hash.slice(4, 6)).sort();
  return `$2b$${costs.at(-1) ?? '10'}$${'godriftnobodynobodynoOe'.slice(0, 22)}${'.'.repeat(31)}`;
}

/** A bounded set that drops its oldest member. */
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

/** Creates the function that decides about requests. Each has its own memory of passwords. */
export function createBasicAuth(
  compare: ComparePassword,
): (users: ReadonlyMap<string, string>, header: string | undefined) => Promise<AuthDecision> {
  // Passwords are remembered as digests under a key of this process.
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
