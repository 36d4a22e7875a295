/**
 * `check --fix-hints`: the repairs as a script for POSIX sh or fish, to be read and then sourced. godrift
 * never runs it. Values of the environment are quoted; a value that cannot be shown safely even in quotes is
 * left to a comment.
 */

import { visible } from '../../catalog/visible.ts';
import type { Finding, Fix } from '../../drift/model.ts';
import { shellWord } from '../../drift/shell-word.ts';
import type { TargetState } from '../../drift/state.ts';

/** Language of a script; bash, zsh, dash and ksh read `sh`. */
export type ScriptShell = 'sh' | 'fish';

/** Returns the language for a shell, from its name alone (`SHELL`). */
export function scriptShellOf(shell: string | undefined): ScriptShell {
  return shell?.split('/').at(-1) === 'fish' ? 'fish' : 'sh';
}

type Removal = Extract<Fix, { action: 'remove-line' }>;

const isName = (text: string) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(text);

/** Quotes a word for fish: between single quotes only the backslash and the quote are special. */
function fishWord(text: string): string {
  return shellWord(text) === text ? text : `'${text.replaceAll(/[\\']/g, '\\$&')}'`;
}

/** The syntax that differs between the shells. */
const words = {
  sh: {
    word: shellWord,
    unset: (name: string) => `unset ${name}`,
    set: (name: string, value: string) => `export ${name}=${value}`,
    first: (directory: string) => `export PATH=${directory}:"$PATH"`,
    // Not `go -C`: a shim selects the version for the directory of the shell.
    inside: (directory: string, command: string) => `(cd ${directory} && ${command})`,
    head: '#!/bin/sh',
    source: '. ./FILE',
  },
  fish: {
    word: fishWord,
    unset: (name: string) => `set -e ${name}`,
    set: (name: string, value: string) => `set -gx ${name} ${value}`,
    first: (directory: string) => `set -gx PATH ${directory} $PATH`,
    inside: (directory: string, command: string) => `pushd ${directory}; and begin; ${command}; popd; end`,
    head: '#!/usr/bin/env fish',
    source: 'source FILE',
  },
} as const;

/** Reports whether every character of a command is visible; a script is read before it is run. */
const canBeRead = (fix: Fix) =>
  Object.values(fix)
    .flat()
    .every((text) => typeof text !== 'string' || visible(text) === text);

/** Returns the command, undefined if it cannot be written safely. */
function commandOf(fix: Exclude<Fix, Removal>, shell: ScriptShell): string | undefined {
  if (!canBeRead(fix)) return undefined;
  const { word, unset, set, first, inside } = words[shell];
  switch (fix.action) {
    case 'run': {
      const command = fix.argv.map(word).join(' ');
      return fix.directory === undefined ? command : inside(word(fix.directory), command);
    }
    case 'unset':
      return isName(fix.name) ? unset(fix.name) : undefined;
    case 'export':
      return isName(fix.name) ? set(fix.name, word(fix.value)) : undefined;
    case 'prepend-path':
      return first(word(fix.directory));
  }
}

/**
 * Returns the command that removes lines from one file, each only if it still sets its variable. The old file
 * stays as a backup under a free name: `.bak`, `.bak.1` … `.bak.99`. The backup is created with `set -C`,
 * which opens with O_EXCL (POSIX.1-2017, XCU 2.7.2), so no file or symlink of the user is overwritten. The
 * file itself is written in place, as `go env -u` does, so that symlinks, mode and hard links stay: nobody
 * else can exchange it (settled-fixes.ts). All lines are removed at once, because their numbers refer to the
 * old file. The command is POSIX sh; fish runs it through sh.
 */
function removalOf(fixes: readonly Removal[], shell: ScriptShell): string | undefined {
  const [first] = fixes;
  if (first === undefined || fixes.some((fix) => !canBeRead(fix) || !isName(fix.name))) return undefined;
  const lines = new Map(
    fixes.flatMap(({ name, line, also = [] }) => [line, ...also].map((at) => [at, name])),
  );
  const each = (act: 'd' | 'p') =>
    [...lines]
      .sort(([a], [b]) => a - b)
      .map(([line, name]) => `-e '${line}{/^[[:space:]]*${name}=/${act};}'`)
      .join(' ');
  const command = [
    `set +C; f=${shellWord(first.path)} n=; k=$f.bak`,
    // A script that is sourced again finds nothing to remove and makes no backup.
    `x=$(sed -n ${each('p')} "$f") || exit; [ -n "$x" ] || exit 0`,
    'until (set -C; : > "$k") 2> /dev/null; do n=$((n + 1)); [ "$n" -lt 100 ] || exit 1; k=$f.bak.$n; done',
    `cp -p "$f" "$k" && sed ${each('d')} "$k" > "$f"`,
  ].join('; ');
  return shell === 'fish' ? `sh -c ${fishWord(command)}` : `(${command})`;
}

function block(findings: readonly Finding[], command: string | undefined): readonly string[] {
  return [
    '',
    ...findings.flatMap((finding) => [
      `# ${finding.level} ${visible(finding.rule)}: ${visible(finding.summary)}`,
      ...(finding.repair === undefined ? [] : [`#   repair: ${visible(finding.repair)}`]),
    ]),
    ...(command === undefined ? ['#   (by hand)'] : [command]),
  ];
}

interface Group {
  readonly findings: Finding[];
  readonly fixes: Fix[];
}

/**
 * Groups the findings that one command fixes, and all removals from one file, in the order of the findings.
 */
function groupsOf(findings: readonly Finding[]): readonly Group[] {
  const groups = new Map<string, Group>();
  for (const finding of findings) {
    if (finding.waived !== undefined) continue;
    const { fix } = finding;
    const key =
      fix === undefined
        ? `${groups.size}`
        : fix.action === 'remove-line'
          ? `remove-line ${fix.path}`
          : JSON.stringify(fix);
    const group = groups.get(key) ?? { findings: [], fixes: [] };
    group.findings.push(finding);
    if (fix !== undefined) group.fixes.push(fix);
    groups.set(key, group);
  }
  return [...groups.values()];
}

const isRemoval = (fix: Fix | undefined): fix is Removal => fix?.action === 'remove-line';

/** Renders the script, with one command for all findings that it fixes. Waived findings are left out. */
export function fixScript(state: TargetState, version: string, shell: ScriptShell): string {
  const groups = groupsOf(state.findings);
  const namesGo = groups.some(({ findings }) =>
    findings.some(({ repair = '' }) => /\bgo (?:mod|get|work|build)\b/.test(repair)),
  );
  const head = [
    words[shell].head,
    `# Repairs for ${visible(state.workspace || 'this host')}, by godrift ${version} at ${new Date(state.time).toISOString()}.`,
    ...(namesGo ? [`# Run commands such as go mod, go get and go work in ${visible(state.workspace)}.`] : []),
    `# Read it, keep what you want, then source it in the shell that builds: ${words[shell].source}`,
  ];
  const body = groups.flatMap(({ findings, fixes }) => {
    const [fix] = fixes;
    if (isRemoval(fix)) return block(findings, removalOf(fixes.filter(isRemoval), shell));
    return block(findings, fix === undefined ? undefined : commandOf(fix, shell));
  });
  return `${[...head, ...(body.length === 0 ? ['', '# Nothing to repair.'] : body)].join('\n')}\n`;
}
