/** Renders the answer of `godrift why` for a terminal. Pure: document in, text out. */
import { visible } from '../catalog/visible.ts';
import { waivedText } from '../drift/exemptions.ts';
import { shortDigests } from '../drift/short-digests.ts';
import type { WhyDocument, WhyEvent, WhyLayer, WhyWay } from '../explain/why/model.ts';
import { placeText } from '../explain/why/words.ts';
import type { EnvironmentSetting } from '../observe/target.ts';
import type { Palette } from '../tell/reports/render.ts';

const shown = (value: string | undefined) =>
  value === undefined ? '(none)' : value === '' ? '(empty)' : visible(shortDigests(value));

/**
 * Aligns rows in columns; the last column may be of any length. Colours are added after padding, because they
 * have no width.
 */
function columns(
  rows: readonly (readonly string[])[],
  paint: (cell: string, column: number, row: number) => string = (cell) => cell,
): readonly string[] {
  const widths = rows.reduce<number[]>(
    (all, row) => row.map((cell, index) => Math.min(Math.max(all[index] ?? 0, cell.length), 60)),
    [],
  );
  return rows.map((row, index) =>
    row
      .map((cell, column) =>
        paint(column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0), column, index),
      )
      .join('  ')
      .trimEnd(),
  );
}

const stateWords: Readonly<Record<WhyLayer['state'], string | undefined>> = {
  'in-force': undefined,
  hidden: 'hidden',
  'passed-over': 'passed over',
  heard: undefined,
};

function layerLines(layers: readonly WhyLayer[], palette: Palette): readonly string[] {
  const rows = layers.map(({ origin, value, state, note }) => [
    state === 'in-force' ? '→' : ' ',
    visible(placeText(origin)),
    shown(value),
    [stateWords[state], note].filter((words) => words !== undefined).join(': '),
  ]);
  return columns(rows, (cell, column, row) => {
    const state = layers[row]?.state;
    if ((state !== 'in-force' && state !== 'heard') || column === 3) return palette.dim(cell);
    if (state === 'heard') return cell;
    return column === 2 ? palette.bold(cell) : cell;
  });
}

function eventLines(events: readonly WhyEvent[], palette: Palette): readonly string[] {
  const rows = events.map(({ time, event, expected, actual, level, note, trace_id }) => [
    visible(time.slice(0, 19).replace('T', ' ')),
    event,
    [
      ...(event === 'drift' ? [`${shown(expected)} → ${shown(actual)}`] : []),
      ...(level === undefined ? [] : [level]),
      ...(note === undefined ? [] : [visible(note)]),
      ...(trace_id === undefined ? [] : [`trace ${visible(trace_id.slice(0, 8))}`]),
    ].join('  '),
  ]);
  return columns(rows, (cell, column) => (column === 0 ? palette.dim(cell) : cell));
}

const wayLines = (ways: readonly WhyWay[], palette: Palette) =>
  columns(
    ways.map(({ what, effect }) => [visible(what), visible(effect)]),
    (cell, column) => (column === 1 ? palette.dim(cell) : cell),
  );

/** Returns a heading with its lines; nothing if there are none. */
function section(title: string, lines: readonly string[], palette: Palette): readonly string[] {
  return lines.length === 0 ? [] : ['', palette.bold(title), ...lines.map((line) => `  ${line}`)];
}

function findingLines({ findings, pins }: WhyDocument, palette: Palette): readonly string[] {
  const paint = { none: palette.green, patch: palette.cyan, minor: palette.yellow, major: palette.red };
  const found = findings.flatMap(({ level, rule, kind, summary, repair, waived }) => [
    `${paint[level](level.padEnd(5))}  ${kind === 'drift' ? 'drift' : visible(rule)}  ${visible(shortDigests(summary))}`,
    ...(waived === undefined ? [] : [`       ${palette.dim(waivedText(waived))}`]),
    ...(waived !== undefined || repair === undefined ? [] : [`       repair: ${visible(repair)}`]),
  ]);
  const pinned = pins.map(
    ({ source, kind, version, path, line, level }) =>
      `${paint[level]((level === 'none' ? 'met' : level).padEnd(5))}  pin  ${source} wants ${kind === 'floor' ? 'at least ' : ''}${visible(version)}${path === '' ? '' : palette.dim(`  (${visible(path)}${line === 0 ? '' : `:${line}`})`)}`,
  );
  return [...found, ...pinned];
}

function historyTitle({ history_omitted: omitted }: WhyDocument): string {
  return omitted === undefined ? 'history' : `history (${omitted} older left out)`;
}

/** Names the process environment that was used; empty for this shell's own. */
function environmentText(setting: EnvironmentSetting): string {
  if (setting.from === 'self') return '';
  if (setting.from === 'file') return `, with the environment of ${visible(setting.path)}`;
  return setting.from === 'none'
    ? ', without a process environment'
    : ', with the environment of its process';
}

/** Renders the text, ending in a newline; `environment` is the process environment that was used. */
export function renderWhy(document: WhyDocument, environment: EnvironmentSetting, palette: Palette): string {
  const { key, value, origin, because, layers, default: usual, read_by: readBy, baseline, rules } = document;
  const { bold, dim } = palette;
  const head =
    value === undefined || value === ''
      ? `${bold(visible(key))}  ${value === undefined ? 'has no entry' : 'is empty'}`
      : `${bold(visible(key))} = ${bold(shown(value))}`;
  const where = document.workspace === '' ? 'this host' : visible(document.workspace);
  const compared =
    baseline.kind === 'none'
      ? 'no baseline yet'
      : `${visible(baseline.source ?? baseline.kind)}: ${baseline.value === undefined ? 'no entry' : shown(baseline.value)}`;
  const lines = [
    `${head}${origin === undefined ? '' : `  ${dim(`(${visible(placeText(origin))})`)}`}`,
    ...(because === undefined || because === '' ? [] : [`  ${visible(because)}`]),
    `  ${dim(`${where}${environmentText(environment)}`)}`,
    ...section('layers', layerLines(layers, palette), palette),
    ...section('default', usual === undefined ? [] : [`${shown(usual.value)}  ${dim(usual.from)}`], palette),
    ...section('read by', readBy.map(visible), palette),
    ...section('baseline', [compared], palette),
    ...section(historyTitle(document), eventLines(document.history ?? [], palette), palette),
    ...section('findings and pins', findingLines(document, palette), palette),
    ...section(
      'rules that look at it',
      rules.length === 0 ? [] : [rules.map(({ rule }) => rule).join(', ')],
      palette,
    ),
    ...section('set', wayLines(document.set, palette), palette),
    ...section('unset', wayLines(document.unset, palette), palette),
  ];
  return `${lines.join('\n')}\n`;
}
