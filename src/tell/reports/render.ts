/** Renders a check for the terminal. Pure: state in, text out; colours are passed in as functions. */
import { facets, type Level, levels } from '../../catalog/facets.ts';
import { visible } from '../../catalog/visible.ts';
import { waivedText } from '../../drift/exemptions.ts';
import type { Finding } from '../../drift/model.ts';
import { writerText } from '../../drift/probable-writer.ts';
import { shortDigests } from '../../drift/short-digests.ts';
import type { TargetState } from '../../drift/state.ts';
import { counts, originText } from './report.ts';

type Paint = (text: string) => string;

/** Colours in use. Each is the identity function if colour is off. */
export interface Palette {
  readonly bold: Paint;
  readonly dim: Paint;
  readonly red: Paint;
  readonly green: Paint;
  readonly yellow: Paint;
  readonly cyan: Paint;
}

export interface RenderOptions {
  readonly palette: Palette;
  /** Columns of the terminal; undefined for lines of any length. */
  readonly width?: number;
}

const asIs: Paint = (text) => text;

function paintOf(palette: Palette, level: Level): Paint {
  return { none: palette.green, patch: palette.cyan, minor: palette.yellow, major: palette.red }[level];
}

/** Text in one colour. `near` separates it from the previous run by one space instead of two. */
type Run = readonly [text: string, paint: Paint, near?: 'near'];

/**
 * Wraps runs between an indent and the right edge, breaking between words. The first line is already
 * indented.
 */
function wrapped(runs: readonly Run[], indent: number, width = Number.POSITIVE_INFINITY): string {
  let column = indent;
  let out = '';
  for (const [text, paint, near] of runs) {
    // Two spaces between runs, one between words.
    let space = near === undefined ? '  ' : ' ';
    for (let word of text.split(' ')) {
      if (word === '') continue;
      if (column !== indent && column + space.length + word.length > width) {
        out += `\n${' '.repeat(indent)}`;
        column = indent;
        // Harmless within a line, the word now starts one.
        word = visible(word);
      }
      if (column !== indent) {
        out += space;
        column += space.length;
      }
      out += paint(word);
      column += word.length;
      space = ' ';
    }
  }
  return out;
}

const indent = 9; // two spaces, the longest level, two spaces

/** Reports whether the two values say everything: so for a drifted entry, not for an edited baseline. */
const isOfValues = ({ kind, expected, actual }: Finding) =>
  kind === 'drift' && (expected !== undefined || actual !== undefined);

/** Returns the old and the new value of a finding. The new one is emphasized, the old one dimmed. */
function values(finding: Finding, palette: Palette): readonly Run[] {
  const { kind, level, expected, actual, waived } = finding;
  const isWhole = expected !== undefined && actual !== undefined;
  if (kind === 'conflict' || !(isOfValues(finding) || isWhole)) return [];
  const { dim, bold } = palette;
  const now: Paint = (text) => bold(paintOf(palette, level)(text));
  return [
    [`${shortDigests(expected ?? '(none)')} →`, dim],
    [shortDigests(actual ?? '(none)'), waived === undefined ? now : dim, 'near'],
  ];
}

function findingLines(finding: Finding, { palette, width }: RenderOptions): readonly string[] {
  const { kind, level, rule, key, summary, repair, waived, writers = [] } = finding;
  const { dim, bold } = palette;
  const quiet = waived !== undefined;
  const where = originText(finding.origin);
  const head: Run[] = [
    [kind === 'drift' ? `${rule} ${key}` : rule, quiet ? dim : bold],
    ...values(finding, palette),
    [isOfValues(finding) ? '' : summary, quiet ? dim : asIs],
    [where === '' ? '' : `(${where})`, dim],
  ];
  const label = level.padEnd(indent - 4);
  const lines = [`  ${quiet ? dim(label) : paintOf(palette, level)(label)}  ${wrapped(head, indent, width)}`];
  const below = (runs: readonly Run[]) => lines.push(`${' '.repeat(indent)}${wrapped(runs, indent, width)}`);
  for (const writer of writers) below([[`writer: ${visible(writerText(writer))}`, dim]]);
  if (repair !== undefined && !quiet) below([[`repair: ${repair}`, asIs]]);
  if (waived !== undefined) below([[waivedText(waived), dim]]);
  return lines;
}

function heading(state: TargetState, { palette }: RenderOptions): string {
  const { toolchain, baseline } = state;
  const where = state.workspace === '' ? 'this host' : visible(state.workspace);
  const go =
    toolchain === undefined
      ? 'no go'
      : visible(`go${toolchain.version} ${toolchain.goos}/${toolchain.goarch}`);
  const taken =
    baseline.time === undefined
      ? ''
      : ` of ${new Date(baseline.time).toISOString().slice(0, 16).replace('T', ' ')}`;
  const compared =
    baseline.kind === 'none' ? 'no baseline yet' : visible(`baseline ${baseline.source}${taken}`);
  return `${palette.bold(where)}  ${go}  ${palette.dim(`${compared}, fingerprint ${state.fingerprint.slice(7, 19)}`)}`;
}

/** Returns the closing lines: `1 major, 2 minor, 1 waived`, and the facets that were not evaluated. */
function closing(state: TargetState, { palette }: RenderOptions): readonly string[] {
  const open = state.findings.filter((one) => one.waived === undefined);
  const waived = state.findings.length - open.length;
  const parts = [...levels].reverse().flatMap((level) => {
    const count = open.filter((one) => one.level === level).length;
    return count === 0 ? [] : [paintOf(palette, level)(`${count} ${level}`)];
  });
  if (waived > 0) parts.push(palette.dim(`${waived} waived`));
  const unseen = facets
    .filter((facet) => state.facetStatus[facet] === 'not_evaluated')
    .map((facet) => {
      const why = state.collectors.find((one) => one.collector === facet && one.unjudged === true)?.why;
      return why === undefined ? facet : `${facet} (${visible(why)})`;
    });
  const blind = Object.values(state.facetStatus).includes('unreadable');
  const verdict =
    parts.length > 0
      ? [parts.join(', ')]
      : blind
        ? []
        : state.collectors.some((one) => one.unjudged === true)
          ? ['nothing drifted, pins hold, and no conflicts were found in what was evaluated']
          : [`${palette.green('ok')}  nothing drifted, pins hold, no conflicts`];
  return [...verdict, ...(unseen.length === 0 ? [] : [palette.dim(`not evaluated: ${unseen.join(', ')}`)])];
}

/** Renders the report of `godrift check` by facet, ending in a newline. */
export function renderCheck(state: TargetState, options: RenderOptions): string {
  const { palette } = options;
  const lines = [heading(state, options)];
  for (const facet of facets) {
    const found = state.findings.filter((finding) => finding.facet === facet);
    const unreadable = state.facetStatus[facet] === 'unreadable';
    if (found.length === 0 && !unreadable) continue;
    lines.push('', facet);
    const why = state.collectors.find((one) => one.collector === facet)?.why;
    if (unreadable)
      lines.push(`  ${palette.red('unreadable')}${why === undefined ? '' : `  ${visible(why)}`}`);
    for (const finding of found) lines.push(...findingLines(finding, options));
  }
  if (lines.length > 1) lines.push('');
  return `${[...lines, ...closing(state, options)].join('\n')}\n`;
}

/** Renders only the findings that decide the exit code, for hooks; empty if there are none. */
export function renderQuiet(state: TargetState, failOn: Level, options: RenderOptions): string {
  const decisive = state.findings.filter((finding) => counts(finding, failOn));
  return decisive
    .flatMap((finding) => findingLines(finding, options))
    .map((line) => `${line}\n`)
    .join('');
}
