/** Module versions and their order (golang.org/x/mod/semver, `IsValid` and `Compare`). */

const grammar = /^v(\d+)(?:\.(\d+)(?:\.(\d+)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?)?)?$/;

/**
 * Returns the most significant part in which two module versions differ: `none` if they are equal, `major` if
 * one is invalid.
 */
export function moduleVersionPart(a: string, b: string): 'major' | 'minor' | 'patch' | 'none' {
  if (a === b) return 'none';
  const left = grammar.exec(a);
  const right = grammar.exec(b);
  if (left === null || right === null || left[1] !== right[1]) return 'major';
  if ((left[2] ?? '0') !== (right[2] ?? '0')) return 'minor';
  return 'patch';
}

const identifier = '(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)';
const build = '(?:\\+[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*)?';
const strict = new RegExp(
  `^v(0|[1-9][0-9]*)(?:\\.(0|[1-9][0-9]*)(?:\\.(0|[1-9][0-9]*)(?:-(${identifier}(?:\\.${identifier})*))?${build})?)?$`,
);

/** Reports whether a text is a version: `v1`, `v1.2` or `v1.2.3-pre+build`. */
export function isModuleVersion(version: string): boolean {
  return strict.test(version);
}

/**
 * Compares versions as minimal version selection does: invalid versions sort below all others, build metadata
 * is ignored.
 */
export function compareModuleVersions(a: string, b: string): number {
  if (a === b) return 0;
  const left = strict.exec(a);
  const right = strict.exec(b);
  if (left === null || right === null) return Number(left !== null) - Number(right !== null);
  for (const part of [1, 2, 3]) {
    const order = compareNumbers(left[part] ?? '0', right[part] ?? '0');
    if (order !== 0) return order;
  }
  return comparePreReleases(left[4], right[4]);
}

/** Compares decimals of any size without leading zeros. */
function compareNumbers(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : Number(a > b);
}

function comparePreReleases(a: string | undefined, b: string | undefined): number {
  if (a === b) return 0;
  if (a === undefined) return 1;
  if (b === undefined) return -1;
  const left = a.split('.');
  const right = b.split('.');
  for (let index = 0; index < Math.min(left.length, right.length); index++) {
    const x = left[index] as string;
    const y = right[index] as string;
    if (x === y) continue;
    const numbers = [x, y].map((one) => /^[0-9]+$/.test(one));
    if (numbers[0] !== numbers[1]) return numbers[0] ? -1 : 1;
    return numbers[0] ? compareNumbers(x, y) : x < y ? -1 : 1;
  }
  return left.length - right.length;
}
