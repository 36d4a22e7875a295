/** What people read in a terminal. Pure: state in, text out; colours are functions that are given. */
import type { Level } from '../catalog/facets.ts';
import type { Finding, Origin } from '../drift/model.ts';
import type { TargetState } from '../drift/state.ts';

/** The colours that are used; every one is the identity where colour is off. */
export interface Palette {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly cyan: (text: string) => string;
}

function paint(palette: Palette, level: Level): (text: string) => string {
  return { none: palette.green, patch: palette.cyan, minor: palette.yellow, major: palette.red }[level];
}

function place(origin: Origin | undefined): string {
  if (origin === undefined) return '';
  if (origin.path === undefined) return origin.kind === 'process' ? 'process environment' : origin.kind;
  return origin.line === undefined ? origin.path : `${origin.path}:${origin.line}`;
}

/** Control characters of observed values must not reach the terminal. */
function printable(text: string): string {
  return text.replaceAll(
    /[\u0000-\u001f\u007f-\u009f]/g,
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}

function findingLines(finding: Finding, palette: Palette): readonly string[] {
  const where = place(finding.origin);
  const lines = [
    `  ${paint(palette, finding.level)(finding.level.padEnd(5))}  ${palette.bold(finding.rule)}  ${printable(finding.summary)}${where === '' ? '' : palette.dim(`  (${printable(where)})`)}`,
  ];
  if (finding.repair !== undefined)
    lines.push(`         ${palette.dim('repair:')} ${printable(finding.repair)}`);
  return lines;
}

/** The report of `godrift check`, ending in a newline. */
export function renderCheck(state: TargetState, palette: Palette): string {
  const { toolchain, baseline } = state;
  const where = state.workspace === '' ? 'this host' : state.workspace;
  const go =
    toolchain === undefined ? 'no go' : `go${toolchain.version} ${toolchain.goos}/${toolchain.goarch}`;
  const compared =
    baseline.kind === 'none'
      ? 'no baseline yet'
      : `baseline ${baseline.source}${baseline.time === undefined ? '' : ` of ${new Date(baseline.time).toISOString().slice(0, 16).replace('T', ' ')}`}`;
  const lines = [
    `${palette.bold(where)}  ${go}  ${palette.dim(`${compared}, fingerprint ${state.fingerprint.slice(7, 19)}`)}`,
  ];
  for (const kind of ['drift', 'pin', 'missing', 'conflict'] as const) {
    const found = state.findings.filter((finding) => finding.kind === kind);
    if (found.length === 0) continue;
    lines.push('', `${{ drift: 'drift', pin: 'pins', missing: 'missing', conflict: 'conflicts' }[kind]}`);
    for (const finding of found) lines.push(...findingLines(finding, palette));
  }
  const unreadable = Object.entries(state.facetStatus).filter(([, status]) => status === 'unreadable');
  for (const [facet] of unreadable) {
    const why = state.collectors.find((collector) => collector.collector === facet)?.why;
    lines.push(
      '',
      `  ${palette.red('unreadable')}  ${facet}${why === undefined ? '' : `: ${printable(why)}`}`,
    );
  }
  if (state.findings.length === 0 && unreadable.length === 0)
    lines.push(`${palette.green('ok')}  nothing drifted, pins hold, no conflicts`);
  return `${lines.join('\n')}\n`;
}
