/**
 * Regular expressions over target names, as people write them for Prometheus (RE2) and JavaScript alike. A pattern that could make matching
 * slow is refused, not tried: names have at most 63 characters, so what remains costs milliseconds at worst.
 */

const longest = 200;
/** Quantifiers in one pattern; each multiplies the ways in which 63 characters can be divided. */
const mostQuantifiers = 6;
const mostUnbounded = 3;

/** Why a pattern is refused, in the words of a schema's error; undefined when it may be used. */
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

// Escapes and classes first, so that what is inside of them is no operator.
const tokens = /\\k<|\\[\s\S]|\[(?:\\[\s\S]|[^\]\\])*\]|\(\?[^:]|\(\?:|[()|]|\{\d+(?:,\d*)?\}|[*+?]/gu;

function costProblem(pattern: string): string | undefined {
  // Whether each open group holds something that can match in several ways.
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
 * Whether one of the patterns matches a target's whole name, as `=~` of Prometheus does: `ci-*`, which is meant as of a shell, must not take in every name
 * with `ci` in it. Each was accepted by {@link namePatternProblem}.
 */
export function nameMatches(patterns: readonly string[], name: string): boolean {
  return patterns.some((pattern) => new RegExp(`^(?:${pattern})$`, 'u').test(name));
}
