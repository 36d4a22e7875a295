/**
 * Renders the manual page godrift(1) from the catalogue of commands, with the macros of man(7). `npm run
 * docs` writes it.
 */

import type { CommandOption, CommandRow } from '../catalog/command-row.ts';
import { exitCodes, somethingFound } from '../catalog/exit-codes.ts';
import { configFileOption, serveOptions } from '../catalog/options.ts';

/**
 * Escapes text for roff: backslashes, hyphens (which must be copied as they are), non-ASCII characters, and a
 * dot or quote at the start of a line, which would be a request.
 */
function plain(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll(
      /[^\x20-\x7e\n]/g,
      (letter) => `\\[u${letter.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')}]`,
    )
    .replaceAll(/^(?=[.'])/gm, '\\&');
}

/** Quotes an argument of a macro. */
const argument = (text: string): string => `"${plain(text).replaceAll('"', '\\(dq')}"`;

/** Renders a list entry: the name in bold, and its meaning. */
const entry = (name: string, about: string): readonly string[] => [
  '.TP',
  `.B ${argument(name)}`,
  plain(about),
];

function optionAbout({ about, choices, default: usual, isRequired }: CommandOption): string {
  const more = [
    ...(choices === undefined ? [] : [`one of ${choices.join(', ')}`]),
    ...(usual === undefined ? [] : [`default ${usual}`]),
    ...(isRequired === true ? ['required'] : []),
  ];
  return more.length === 0 ? about : `${about} (${more.join('; ')})`;
}

function examples(lines: readonly string[]): readonly string[] {
  return ['.PP', 'Examples:', '.PP', '.nf', '.RS 4', ...lines.map(plain), '.RE', '.fi'];
}

function commandLines(row: CommandRow): readonly string[] {
  const name = ['godrift', row.path, ...(row.arguments === undefined ? [] : [row.arguments])].join(' ');
  return [
    `.SS ${argument(name)}`,
    plain(`${row.about}.`),
    // The settings of the exporter are in the section SETTINGS.
    ...(row.options ?? []).flatMap((option) => entry(option.flag, optionAbout(option))),
    ...(row.hasSettings === true ? ['.PP', 'Takes all settings, see below.'] : []),
    ...(row.note === undefined ? [] : ['.PP', plain(row.note)]),
    ...(row.examples === undefined ? [] : examples(row.examples)),
  ];
}

const found = somethingFound.map(({ what, commands }) => `${what} (${commands.join(', ')})`);
const exitStatus = Object.entries(exitCodes).map(
  ([code, about]) => [code, code === '1' ? `${about}: ${found.join(', ')}` : about] as const,
);

const files = [
  ['.godrift.snapshot', 'the committed baseline of a workspace'],
  ['.godrift.yml', 'pins and required variables of a workspace'],
  [
    '$STATE_DIRECTORY, $XDG_STATE_HOME/godrift, ~/.local/state/godrift',
    'journal, baselines and approved records of this host: the first of them that can be told',
  ],
] as const;

const list = (rows: readonly (readonly [string, string])[]): readonly string[] =>
  rows.flatMap(([name, about]) => entry(name, about));

/** Renders the page. `version` is godrift's. The output depends on nothing but the arguments. */
export function manPage(rows: readonly CommandRow[], version: string): string {
  const settings = [configFileOption, ...serveOptions].map(
    ({ flag, env, about, default: usual }) =>
      [`${flag}, ${env}`, usual === '' ? about : `${about} (default ${usual})`] as const,
  );
  return `${[
    '.\\" Made by `npm run docs` from src/catalog/commands.ts. Change that, not this page.',
    `.TH GODRIFT 1 "" ${argument(`godrift ${version}`)} "User Commands"`,
    '.SH NAME',
    'godrift \\- see Go build environments drift, and put them back',
    '.SH SYNOPSIS',
    '.B godrift',
    '.RI [ command ]',
    '.RI [ option ...]',
    '.RI [ argument ...]',
    '.SH DESCRIPTION',
    plain(
      'Watches what decides a Go build: which go answers, what its settings say, what the build cache and the module cache hold, which tools are installed. It compares that with a baseline, shows what drifted to Prometheus, tells Jaeger, and says how to put it back.',
    ),
    '.PP',
    'Without a command: one check of the current directory, and what to try next.',
    'Observing writes nothing but the state directory.',
    '.SH COMMANDS',
    ...rows.filter((row) => row.isGroup !== true).flatMap(commandLines),
    '.SH SETTINGS',
    plain('Of serve and of the configuration; each is a flag, a variable, or a key of the YAML file.'),
    ...list(settings),
    '.SH "EXIT STATUS"',
    ...list(exitStatus),
    '.SH FILES',
    ...list(files),
    '.SH "SEE ALSO"',
    '.BR go (1),',
    '.BR prometheus (1)',
  ].join('\n')}\n`;
}
