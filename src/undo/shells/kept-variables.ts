/**
 * Which variables a shell's snapshot keeps, and which of their values are kept in the shell's memory and in no file (decision record 0091).
 * A shell cannot run the redaction of src/go/redact.ts, so each kind of secret has patterns here that match at least whatever that one would
 * change; a test holds the two together.
 */
import { type SecretClass, variables } from '../../catalog/variables.ts';

/** A variable and the kind of secret that its value may hold. */
export interface KeptVariable {
  readonly name: string;
  readonly secret: SecretClass;
}

/** Kinds whose values are nothing but secrets, or commands with whatever arguments: such variables are never looked at. */
const neverKept: readonly SecretClass[] = ['whole', 'arguments'];

/** Every variable that `envsnap` saves: what decides a Go build by the catalogue, and PATH, which decides which go runs. */
export const keptVariables: readonly KeptVariable[] = [
  { name: 'PATH', secret: 'none' },
  ...variables
    .filter(({ entry, secret }) => entry && !neverKept.includes(secret))
    .map(({ name, secret }) => ({ name, secret })),
];

/** Flags of GOFLAGS whose values are words of Go's own, wherever they stand in the value. */
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

/** Whether values are held back that match a pattern of bash and zsh: `*`, `?`, brackets, and letters that mean nothing else. */
interface Verdict {
  readonly isHeld: boolean;
  readonly patterns: readonly string[];
}

/** Which values may hold a secret, by its kind: the first verdict with a pattern that matches counts, and without one a value is written. */
export const secretVerdicts: Readonly<
  Record<Exclude<SecretClass, 'whole' | 'arguments'>, readonly Verdict[]>
> = {
  // A URL, or a password before the first slash.
  none: [{ isHeld: true, patterns: ['*://*', '[!/]*:*@*'] }],
  // Userinfo, a query, or a path: proxies hand out addresses with a token in it.
  'url-userinfo': [{ isHeld: true, patterns: ['*@*', '*://*/?*', '*://*[?]*', '*://*#*', '*://*://*'] }],
  // What is no flag, what is handed on to another program, and flags with a value, but for one that is known.
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
        // Of several words each would have to be looked at by itself.
        '*[!A-Za-z0-9._=[:space:]-]*[[:space:]]-*',
        '*[[:space:]]-*[!A-Za-z0-9._=[:space:]-]*',
      ],
    },
    { isHeld: false, patterns: plainFlags },
    { isHeld: true, patterns: ['*=*', '*[!A-Za-z0-9._[:space:]-]*'] },
  ],
  // Macros, assignments, long options, and words that may belong to a wrapper.
  'compiler-flags': [
    {
      isHeld: true,
      patterns: ['*-D*', '*--*', '*=*', '*://*', '*@*', '*,*', '*plugin*', '*["\']*', '*[[:space:]][!-]*'],
    },
  ],
};

/** Whether a value of a kind may hold a secret, by the same patterns that the shells have. */
export function mayHoldSecret(kind: keyof typeof secretVerdicts, value: string): boolean {
  const verdict = secretVerdicts[kind].find(({ patterns }) =>
    patterns.some((pattern) => new RegExp(regexOf(pattern)).test(value)),
  );
  return verdict?.isHeld === true;
}

const escaped = (text: string) => text.replaceAll(/[.+^$(){}|\\/]/g, '\\$&');

/** A pattern as a regular expression (that of JavaScript, and of `string match -r` in fish) that finds it anywhere. */
export function regexOf(pattern: string): string {
  const source = pattern.replaceAll(/\[(!?)((?:\[:\w+:\]|[^\]])+)\]|\*|\?|[^*?[]+/g, (token, not, set) => {
    if (token === '*') return '[\\s\\S]*';
    if (token === '?') return '[\\s\\S]';
    if (set === undefined) return escaped(token);
    return `[${not === '' ? '' : '^'}${String(set).replace('[:space:]', '\\s').replace('/', '\\/')}]`;
  });
  return `^${source}$`;
}
