/** Draws the semantic distance of a day as a small inline SVG. Pure. */
import { type Markup, markup } from './html.ts';

const width = 240;
const height = 36;
/** Samples per column; the worst of them is drawn. */
const perColumn = 6;

interface Column {
  readonly x: number;
  readonly y: number;
}

/**
 * Returns the worst known value of each column, NaN if there is none. Plain loops, because 200 of these are
 * drawn after each pass.
 */
function columns(day: Float32Array): Float32Array {
  const worst = new Float32Array(Math.ceil(day.length / perColumn)).fill(Number.NaN);
  for (let index = 0; index < day.length; index++) {
    const value = day[index] as number;
    const column = Math.floor(index / perColumn);
    if (value > (worst[column] as number) || Number.isNaN(worst[column])) worst[column] = value;
  }
  return worst;
}

/** Returns runs of columns without a gap, in picture coordinates: distance 0 at the bottom, 1 at the top. */
function runs(values: Float32Array): readonly (readonly Column[])[] {
  const found: Column[][] = [];
  let open: Column[] | undefined;
  values.forEach((value, index) => {
    if (Number.isNaN(value)) {
      open = undefined;
      return;
    }
    if (open === undefined) {
      open = [];
      found.push(open);
    }
    open.push({ x: index, y: Math.round((1 - value) * (height - 4) * 10) / 10 + 2 });
  });
  return found;
}

/** Returns the line of a run, in steps so that a change is an edge and not a slope, and the area below it. */
function paths(run: readonly Column[]): { readonly line: string; readonly area: string } {
  const [first] = run;
  if (first === undefined) return { line: '', area: '' };
  let line = `M${first.x} ${first.y}`;
  let last = first;
  for (const column of run.slice(1)) {
    if (column.y !== last.y) line += `H${column.x}V${column.y}`;
    last = column;
  }
  line += `H${last.x + 1}`;
  return { line, area: `${line}V${height}H${first.x}Z` };
}

/** Returns a text alternative of the picture. */
export function sparklineLabel(day: Float32Array): string {
  let now = Number.NaN;
  let most = 0;
  for (const value of day) {
    if (Number.isNaN(value)) continue;
    now = value;
    most = Math.max(most, value);
  }
  if (Number.isNaN(now)) return 'semantic distance over the last day: not known yet';
  return `semantic distance over the last day: ${now.toFixed(2)} now, ${most.toFixed(2)} at most`;
}

/** Draws a day (see History.day). Gaps are minutes without an observation. */
export function sparkline(day: Float32Array): Markup {
  const known = runs(columns(day));
  const drawn = known.map((run) => {
    const { line, area } = paths(run);
    return markup`<path class="area" d="${area}"/><path class="line" d="${line}"/>`;
  });
  // A dot, so that a day with a single sample is visible too.
  const last = known.at(-1)?.at(-1);
  const dot = last !== undefined && markup`<path class="dot" d="M${last.x} ${last.y}h.01"/>`;
  const label = sparklineLabel(day);
  return markup`<svg class="spark" role="img" aria-label="${label}" viewBox="0 0 ${width} ${height}" preserveAspectRatio="none"><title>${label}</title><path class="axis" d="M0 ${height - 1.5}H${width}"/>${drawn}${dot}</svg>`;
}
