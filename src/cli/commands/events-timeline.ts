/** `godrift events --since 2h`: prints the events as a table. */
import { visible } from '../../catalog/visible.ts';
import type { TimelineRow } from '../../tell/events/timeline.ts';
import { duration } from '../../tell/status/html.ts';
import { colorsFor, type Terminal } from '../terminal.ts';

const titles = ['ONSET', 'TARGET', 'WHAT', 'LEVEL', 'CAUSE', 'LASTED', 'ENDED', 'TRACE', ''] as const;

/**
 * Prints the rows, or a message if there are none. `now` is in ms since the epoch. Times are UTC, to be
 * comparable between hosts.
 */
export function printTimeline(terminal: Terminal, rows: readonly TimelineRow[], now: number): void {
  if (rows.length === 0) {
    terminal.stdout.write('nothing happened\n');
    return;
  }
  const { bold, cyan, dim, green, red, yellow } = colorsFor(terminal);
  const plain = (text: string) => text;
  const levels = { none: plain, patch: cyan, minor: yellow, major: red };
  const table = rows.map((row) => cellsOf(row, now));
  const widths = titles.map((title, column) =>
    Math.max(title.length, ...table.map((cells) => cells[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[], paint: (text: string, column: number) => string) => {
    const end = cells.findLastIndex((cell) => cell !== '');
    return cells
      .slice(0, end + 1)
      .map((cell, column) => paint(column === end ? cell : cell.padEnd(widths[column] ?? 0), column))
      .join('  ');
  };
  terminal.stdout.write(`${line(titles, (text) => bold(text))}\n`);
  for (const [index, cells] of table.entries()) {
    const { level = 'none', ended } = rows[index] as TimelineRow;
    const paint = (text: string, column: number) =>
      column === 3
        ? levels[level](text)
        : column === 6 && ended !== undefined
          ? (ended === 'lasts' ? red : ended === 'resolved' ? green : plain)(text)
          : column === 0 || column === 7
            ? dim(text)
            : text;
    terminal.stdout.write(`${line(cells, paint)}\n`);
  }
}

/** Formats a time as `2026-11-28 22:10:05Z`, or `-` if it is outside the range of a Date. */
function timeText(ms: number): string {
  return Math.abs(ms) <= 8.64e15 ? `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')}Z` : '-';
}

const endings = { lasts: 'lasts', changed: 'changed', unobserved: 'unobserved' } as const;

function cellsOf(row: TimelineRow, now: number): readonly string[] {
  const { from, to, ended, level, cause, traceId } = row;
  const lasted =
    ended === undefined ? '' : duration(Math.max(0, (to ?? now) - from)).replaceAll('\u00a0', ' ');
  const end = ended === undefined ? '' : ended === 'resolved' ? timeText(to ?? now) : endings[ended];
  return [
    timeText(from),
    visible(row.target),
    visible(row.what),
    visible(level ?? ''),
    visible(cause ?? ''),
    lasted,
    end,
    visible(traceId),
    visible(row.text),
  ];
}
