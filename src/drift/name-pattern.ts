/**
 * Regular expressions over target names, in the common subset of Prometheus (RE2) and JavaScript. Patterns
 * that could match slowly are refused without being tried. Names have at most 63 characters, so the remaining
 * patterns take milliseconds at worst.
 */

const longest = 200;
/** Most quantifiers in one pattern; each multiplies the number of ways to divide 63 characters. */
const mostQuantifiers = 6;
const mostUnbounded = 3;

/** Returns why a pattern is refused, as a predicate for a schema error; undefined if it is valid. */
export function namePatternProblem(pattern: string): string | undefined {
  if (pattern.length === 0 || pattern.length > longest)
    return `is no pattern of at most ${longest} characters`;
  try {
    new RegExp(pattern, 'u');
  } catch {
    return `is no regular expression: ${JSON.stringify(pattern)}`;
  }
  return costProblem(pattern);
}

// Escapes and classes come first, so that characters inside them are not taken for operators.
const tokens = /\\k<|\\[\s\S]|\[(?:\\[\s\S]|[^\]\\])*\]|\(\?[^:]|\(\?:|[()|]|\{\d+(?:,\d*)?\}|[*+?]/gu;

function costProblem(pattern: string): string | undefined {
  // For each open group: whether it contains a repetition or an alternative.
  const groups: boolean[] = [];
  let closed = false;
  let end = -1;
  let all = 0;
  let unbounded = 0;
  for (const match of pattern.matchAll(tokens)) {
    const [token] = match;
    const follows = match.index === end;
    if (/^(\\[1-9]|\\k<|\(\?[^:])/.test(token))
      return 'has a back reference or a look-around, which RE2 has not';
    if (token.startsWith('(')) groups.push(false);
    else if (token === ')') closed = groups.pop() ?? false;
    else if (token === '|') markOpen(groups);
    else if (/^[*+?{]/.test(token)) {
      if (token === '?' && follows && /[*+?}]/.test(pattern[match.index - 1] ?? '')) continue; // lazy
      if (follows && pattern[match.index - 1] === ')' && closed)
        return 'repeats a group that holds a repetition or an alternative';
      all++;
      if (/[*+]|,\}/.test(token)) unbounded++;
      markOpen(groups);
    }
    end = match.index + token.length;
  }
  if (all > mostQuantifiers || unbounded > mostUnbounded)
    return `has more than ${mostUnbounded} open repetitions (* or +) or ${mostQuantifiers} in all`;
  return undefined;
}

function markOpen(groups: boolean[]): void {
  for (let index = 0; index < groups.length; index++) groups[index] = true;
}

/**
 * Reports whether one of the patterns matches a target's whole name, like Prometheus' `=~`. With a partial
 * match, `ci-*`, meant as a shell pattern, would match every name that contains `ci`. Each pattern must have
 * passed {@link namePatternProblem}.
 */
export function nameMatches(patterns: readonly string[], name: string): boolean {
  return patterns.some((pattern) => new RegExp(`^(?:${pattern})$`, 'u').test(name));
}
