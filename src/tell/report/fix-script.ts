/**
 * `check --fix-hints`: the repairs as a shell script, to be read and then sourced. Nothing here runs it. Values of the environment are quoted,
 * and what a quote cannot make harmless to look at is left to a comment.
 */

import { visible } from '../../catalog/visible.ts';
import type { Finding, Fix } from '../../drift/model.ts';
import { shellWord } from '../../drift/shell-word.ts';
import type { TargetState } from '../../drift/state.ts';

const isName = (text: string) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(text);

/** The command, or undefined for what cannot be written down safely. */
function commandOf(fix: Fix): string | undefined {
  if (
    Object.values(fix)
      .flat()
      .some((text) => typeof text === 'string' && visible(text) !== text)
  )
    return undefined;
  switch (fix.action) {
    case 'run':
      return fix.argv.map(shellWord).join(' ');
    case 'unset':
      return isName(fix.name) ? `unset ${fix.name}` : undefined;
    case 'export':
      return isName(fix.name) ? `export ${fix.name}=${shellWord(fix.value)}` : undefined;
    case 'prepend-path':
      return `export PATH=${shellWord(fix.directory)}:"$PATH"`;
    case 'remove-line':
      // Only while that line still sets the variable; the old file stays as .bak.
      return isName(fix.name)
        ? `sed -i.bak -e '${fix.line}{/^[[:space:]]*${fix.name}=/d;}' ${shellWord(fix.path)}`
        : undefined;
  }
}

/** From the last line of a file to the first, so that no removal moves the next one. */
function byPlace(a: Fix | undefined, b: Fix | undefined): number {
  if (a?.action !== 'remove-line' || b?.action !== 'remove-line' || a.path !== b.path) return 0;
  return b.line - a.line;
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

/** The script; one command for all findings that it heals. Waived findings are left out. */
export function fixScript(state: TargetState, version: string): string {
  const groups = new Map<string, { fix: Fix | undefined; findings: Finding[] }>();
  for (const finding of state.findings) {
    if (finding.waived !== undefined) continue;
    const key = finding.fix === undefined ? `${groups.size}` : JSON.stringify(finding.fix);
    const group = groups.get(key) ?? { fix: finding.fix, findings: [] };
    group.findings.push(finding);
    groups.set(key, group);
  }
  const ordered = [...groups.values()];
  const removals = ordered
    .filter(({ fix }) => fix?.action === 'remove-line')
    .sort((a, b) => byPlace(a.fix, b.fix));
  const others = ordered.filter(({ fix }) => fix?.action !== 'remove-line');
  const head = [
    '#!/bin/sh',
    `# Repairs for ${visible(state.workspace || 'this host')}, by godrift ${version} at ${new Date(state.time).toISOString()}.`,
    '# Read it, keep what you want, then source it in the shell that builds: . ./FILE',
  ];
  const body = [...others, ...removals].flatMap(({ fix, findings }) =>
    block(findings, fix === undefined ? undefined : commandOf(fix)),
  );
  return `${[...head, ...(body.length === 0 ? ['', '# Nothing to repair.'] : body)].join('\n')}\n`;
}
