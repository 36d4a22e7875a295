/**
 * Random environments for envsnap: a script that saves, changes and rolls back many of them in one shell, and
 * its expected output.
 */
import fc from 'fast-check';

export type Shell = 'bash' | 'zsh' | 'fish';

/** A variable: exported (x), set but not exported (s), or unset (u). Values are bytes, as Latin-1. */
interface Variable {
  readonly state: 'x' | 's' | 'u';
  readonly value: string;
}

/** Variables by name. */
type Environment = Readonly<Record<string, Variable>>;

interface Case {
  readonly saved: Environment;
  readonly drifted: Environment;
}

const names = [
  'GOFLAGS',
  'CC',
  'CGO_CFLAGS',
  'GOPROXY',
  'GOROOT',
  'GOPATH',
  'GOOS',
  'GODEBUG',
  'GOWORK',
  'GOPRIVATE',
];

const telling = [
  ...[
    '',
    ' ',
    '\n',
    'a\n\n',
    '$HOME',
    '`id`',
    '$(id)',
    '"',
    "'",
    '\\',
    '\\n',
    '!!',
    '*',
    '~',
    '-n',
    '--',
    '(',
    'a[$(id)]',
    '1+1',
  ],
  ...[
    '-mod=mod',
    '-ldflags=-X a.b=c',
    'https://user:word@host/x',
    'end',
    'x',
    '+',
    '\xff\xfe',
    '\xc3\xa9',
    '\xc3',
    '\xe2\x82',
    '\xef\x98\x80',
    'a:b',
    ':',
  ],
];
const bytes = fc
  .array(fc.integer({ min: 1, max: 255 }), { maxLength: 12 })
  .map((list) => String.fromCharCode(...list));
const value = fc.oneof(
  fc.constantFrom(...telling),
  bytes,
  fc.tuple(fc.constantFrom(...telling), bytes).map((two) => two.join('')),
);
const variable = fc.record({ state: fc.constantFrom('x' as const, 's' as const, 'u' as const), value });
/** PATH without empty elements, which fish itself replaces by a dot. */
const path = fc.array(value, { maxLength: 4 }).map((list) => ({
  state: 'x' as const,
  value: [...list.flatMap((one) => one.split(':')).filter((one) => one !== ''), '/usr/bin', '/bin'].join(':'),
}));
const environment = fc.record({ PATH: path, ...Object.fromEntries(names.map((name) => [name, variable])) });

/** Returns `count` cases, the same ones for the same seed. */
export function casesOf(count: number, seed: number): readonly Case[] {
  return fc.sample(fc.record({ saved: environment, drifted: environment }), { numRuns: count, seed });
}

function literal(shell: Shell, text: string): string {
  const hex = (mark: string) =>
    text.replaceAll(/[\s\S]/g, (byte) => `\\${mark}${byte.charCodeAt(0).toString(16).padStart(2, '0')}`);
  if (shell === 'fish') return text === '' ? "''" : hex('X');
  return `$'${hex('x')}'`;
}

function assignment(shell: Shell, name: string, { state, value: text }: Variable): string {
  if (shell === 'fish')
    return `set -e ${name}\n${state === 'u' ? '' : `set -g${state === 'x' ? 'x' : 'u'} ${name} ${literal(shell, text)}`}`;
  return `unset ${name}\n${state === 'u' ? '' : `${state === 'x' ? 'export ' : ''}${name}=${literal(shell, text)}`}`;
}

const assignments = (shell: Shell, variables: Environment) =>
  Object.entries(variables)
    .map(([name, one]) => assignment(shell, name, one))
    .join('\n');

/**
 * Returns the script. After each rollback it writes the output of env(1) and the shell's variables to `out`:
 * fields that end in NUL, and an empty field after each case.
 */
export function scriptOf(shell: Shell, cases: readonly Case[], init: string, out: string): string {
  const report =
    shell === 'fish'
      ? `for name in ${names.join(' ')}\n if not set -q $name\n printf 'unset %s\\0' $name\n else if not set -qx $name\n printf 'set %s=%s\\0' $name "$$name"\n end\n end`
      : `for name in ${names.join(' ')}; do\n if eval "[ -z \\"\\\${$name+set}\\" ]"; then printf 'unset %s\\0' "$name"\n elif ! /usr/bin/env | /bin/grep -qa "^$name="; then eval "printf 'set %s=%s\\\\0' $name \\"\\$$name\\""; fi\n done`;
  return [
    `. ${init}`,
    shell === 'fish'
      ? `function report\n/usr/bin/env -0\n${report}\nprintf '\\0'\nend`
      : `report() {\n/usr/bin/env -0\n${report}\nprintf '\\0'\n}`,
    ...cases.map(({ saved, drifted }) =>
      [
        assignments(shell, saved),
        'envsnap save p >/dev/null',
        assignments(shell, drifted),
        'envsnap rollback p >/dev/null',
        `report >>${out}`,
      ].join('\n'),
    ),
  ].join('\n');
}

/** Returns the expected report of a saved environment, sorted. */
export function expectedReport({ saved }: Case): readonly string[] {
  return Object.entries(saved)
    .map(
      ([name, { state, value: text }]) =>
        ({ x: `${name}=${text}`, s: `set ${name}=${text}`, u: `unset ${name}` })[state],
    )
    .sort();
}

/** Parses the reports that the shell wrote, case by case, each sorted. */
export function actualReports(written: string): readonly (readonly string[])[] {
  const known = new RegExp(`^(?:(?:set |unset )?(?:${names.join('|')})(?:=|$)|PATH=)`);
  return written
    .split('\0\0')
    .slice(0, -1)
    .map((text) =>
      text
        .split('\0')
        .filter((line) => known.test(line))
        .sort(),
    );
}
