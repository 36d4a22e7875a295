/**
 * Selects the variables that a snapshot of `envsnap` saves, and the values that may hold a secret and
 * therefore stay in the memory of the shell instead of the file (decision record 0091). A shell cannot run
 * the redaction of src/go/redact.ts. Each kind of secret has patterns here that match at least every value
 * that the redaction would change; a test compares the two.
 */
import { type SecretClass, variables } from '../../catalog/variables.ts';

/** A variable and the kind of secret in its value. */
export interface KeptVariable {
  readonly name: string;
  readonly secret: SecretClass;
}

/**
 * Kinds whose values are entirely secret, or are commands with arbitrary arguments: such variables are never
 * read.
 */
const neverKept: readonly SecretClass[] = ['whole', 'arguments'];

/**
 * Every variable that `envsnap` saves: those of the catalogue that decide a Go build, and PATH, which decides
 * which go runs.
 */
export const keptVariables: readonly KeptVariable[] = [
  { name: 'PATH', secret: 'none' },
  ...variables
    .filter(({ entry, secret }) => entry && !neverKept.includes(secret))
    .map(({ name, secret }) => ({ name, secret })),
];

/** GOFLAGS flags whose values are harmless, at any position in the value. */
const plainFlags = [
  'mod',
  'tags',
  'p',
  'buildvcs',
  'buildmode',
  'modfile',
  'trimpath',
  'race',
  'vet',
  'count',
].flatMap((name) => [`-${name}=*`, `*[[:space:]]-${name}=*`]);

/**
 * A rule: whether values that match one of the patterns are held back. The patterns use the common subset of
 * bash and zsh: `*`, `?`, bracket expressions and literals.
 */
interface PatternRule {
  readonly isHeld: boolean;
  readonly patterns: readonly string[];
}

/**
 * The rules by kind of secret. The first rule with a matching pattern decides; a value that matches none is
 * written.
 */
export const secretVerdicts: Readonly<
  Record<Exclude<SecretClass, 'whole' | 'arguments'>, readonly PatternRule[]>
> = {
  // A URL, or a password before the first slash.
  none: [{ isHeld: true, patterns: ['*://*', '[!/]*:*@*'] }],
  // Userinfo, a query or a path: some proxies hand out URLs with a token in the path.
  'url-userinfo': [{ isHeld: true, patterns: ['*@*', '*://*/?*', '*://*[?]*', '*://*#*', '*://*://*'] }],
  // Words that are no flags, flags that are passed on to another program, and flags with a value, except
  // known ones.
  'linker-values': [
    {
      isHeld: true,
      patterns: [
        '[!-]*',
        '*[[:space:]][!-]*',
        '*=*=*',
        '*flags*',
        '*exec*',
        '*://*',
        '*@*',
        '*["\']*',
        '*--*',
        '*-[!A-Za-z]*',
        '*-',
        // With several words, each one would need a check of its own.
        '*[!A-Za-z0-9._=[:space:]-]*[[:space:]]-*',
        '*[[:space:]]-*[!A-Za-z0-9._=[:space:]-]*',
      ],
    },
    { isHeld: false, patterns: plainFlags },
    { isHeld: true, patterns: ['*=*', '*[!A-Za-z0-9._[:space:]-]*'] },
  ],
  // Macros, assignments, long options, and words that may be meant for a wrapper.
  'compiler-flags': [
    {
      isHeld: true,
      patterns: ['*-D*', '*--*', '*=*', '*://*', '*@*', '*,*', '*plugin*', '*["\']*', '*[[:space:]][!-]*'],
    },
  ],
};

/** Reports whether a value may hold a secret, by the patterns that the shells use. */
export function mayHoldSecret(kind: keyof typeof secretVerdicts, value: string): boolean {
  const verdict = secretVerdicts[kind].find(({ patterns }) =>
    patterns.some((pattern) => new RegExp(regexOf(pattern)).test(value)),
  );
  return verdict?.isHeld === true;
}

const escaped = (text: string) => text.replaceAll(/[.+^$(){}|\\/]/g, '\\$&');

/** Translates a pattern into a regular expression for JavaScript and for `string match -r` of fish. */
export function regexOf(pattern: string): string {
  const source = pattern.replaceAll(/\[(!?)((?:\[:\w+:\]|[^\]])+)\]|\*|\?|[^*?[]+/g, (token, not, set) => {
    if (token === '*') return '[\\s\\S]*';
    if (token === '?') return '[\\s\\S]';
    if (set === undefined) return escaped(token);
    return `[${not === '' ? '' : '^'}${String(set).replace('[:space:]', '\\s').replace('/', '\\/')}]`;
  });
  return `^${source}$`;
}
