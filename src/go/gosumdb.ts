/** GOSUMDB: the checksum database by its name or its key, and perhaps another place for it (cmd/go/internal/modfetch/sumdb.go, dbDial). */
import { fieldsOf } from './space.ts';

/** Whether go may have the key of a name built in; without its list any host may be one. */
function mayBeKnown(name: string, hosts: readonly string[] | undefined): boolean {
  return hosts === undefined ? /^[^+]+\.[^+]+$/.test(name) : hosts.includes(name);
}

/** Whether a key is one of note.NewVerifier's: `name+8 hex digits+base64`, of Ed25519. That the digits are the key's own is not looked at. */
function keyProblem(key: string): string | undefined {
  const [, name = '', hash = '', encoded = ''] = /^([^+]*)\+([^+]*)\+(.*)$/s.exec(key) ?? [];
  const whole = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(encoded);
  if (name === '' || !/^[0-9a-f]{8}$/i.test(hash) || !whole || encoded === '') return 'malformed verifier id';
  // The first byte names the algorithm, 1 is Ed25519, whose keys have 32 bytes: 33 bytes are 44 characters.
  if (!/^A[Q-Za-f]/.test(encoded)) return 'unknown verifier algorithm';
  return /^.{44}$/.test(encoded) && !encoded.endsWith('=') ? undefined : 'malformed verifier id';
}

/** Why go cannot ask the database that GOSUMDB names, in its words; undefined when it can, and for `off`. `hosts` are those whose keys it has. */
export function gosumdbProblem(gosumdb: string, hosts: readonly string[] | undefined): string | undefined {
  if (gosumdb === 'off') return undefined;
  const fields = fieldsOf(gosumdb);
  const [key] = fields;
  if (key === undefined) return 'missing GOSUMDB';
  if (fields.length > 2) return 'invalid GOSUMDB: too many fields';
  const problem = mayBeKnown(key, hosts) ? undefined : keyProblem(key);
  return problem === undefined ? undefined : `invalid GOSUMDB: ${problem}`;
}
