/** Module versions as golang.org/x/mod/semver orders them; only what weighing a change needs. */

const grammar = /^v(\d+)(?:\.(\d+)(?:\.(\d+)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?)?)?$/;

/** The largest part in which two module versions differ; `none` when they are equal, `major` when one is no version. */
export function moduleVersionPart(a: string, b: string): 'major' | 'minor' | 'patch' | 'none' {
  if (a === b) return 'none';
  const left = grammar.exec(a);
  const right = grammar.exec(b);
  if (left === null || right === null || left[1] !== right[1]) return 'major';
  if ((left[2] ?? '0') !== (right[2] ?? '0')) return 'minor';
  return 'patch';
}
