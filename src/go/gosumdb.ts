/**
 * Checks GOSUMDB: the name or key of a checksum database, optionally followed by its URL
 * (cmd/go/internal/modfetch/sumdb.go, dbDial).
 */
import { fieldsOf } from './space.ts';

/**
 * Reports whether go may have the key of a name built in. Without the list of known hosts, any host name may
 * be known.
 */
function mayBeKnown(name: string, hosts: readonly string[] | undefined): boolean {
  return hosts === undefined ? /^[^+]+\.[^+]+$/.test(name) : hosts.includes(name);
}

/**
 * Returns why note.NewVerifier would reject a key, undefined if valid. The form is `name+8 hex digits+base64`
 * with an Ed25519 key. The hex digits are a hash of the key, which is not verified here.
 */
function keyProblem(key: string): string | undefined {
  const [, name = '', hash = '', encoded = ''] = /^([^+]*)\+([^+]*)\+(.*)$/s.exec(key) ?? [];
  const whole = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(encoded);
  if (name === '' || !/^[0-9a-f]{8}$/i.test(hash) || !whole || encoded === '') return 'malformed verifier id';
  // The first byte is the algorithm: 1 is Ed25519, whose keys have 32 bytes. 33 bytes are 44 base64
  // characters.
  if (!/^A[Q-Za-f]/.test(encoded)) return 'unknown verifier algorithm';
  return /^.{44}$/.test(encoded) && !encoded.endsWith('=') ? undefined : 'malformed verifier id';
}

/**
 * Returns go's error for an invalid GOSUMDB; undefined if it is valid or `off`. `hosts` are the databases
 * whose keys go has built in.
 */
export function gosumdbProblem(gosumdb: string, hosts: readonly string[] | undefined): string | undefined {
  if (gosumdb === 'off') return undefined;
  const fields = fieldsOf(gosumdb);
  const [key] = fields;
  if (key === undefined) return 'missing GOSUMDB';
  if (fields.length > 2) return 'invalid GOSUMDB: too many fields';
  const problem = mayBeKnown(key, hosts) ? undefined : keyProblem(key);
  return problem === undefined ? undefined : `invalid GOSUMDB: ${problem}`;
}
