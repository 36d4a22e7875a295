/** The timeline of `godrift events --since`: what lasts, what healed, what another drift replaced. */
import { expect, test } from 'vitest';
import { printTimeline } from '../../../../src/cli/commands/events-timeline.ts';
import type { JournalEvent } from '../../../../src/drift/events.ts';
import { type Selection, Timeline } from '../../../../src/tell/events/timeline.ts';
import { driftRecord, probableWriter, resolvedRecord } from '../states.ts';

const noon = Date.UTC(2026, 10, 22, 12);
const minute = 60_000;

const drift = (
  at: number,
  facets: readonly ('env' | 'toolchain')[],
  trace: string,
  since = at,
): JournalEvent => ({
  ...driftRecord,
  facets,
  since: Object.fromEntries(facets.map((facet) => [facet, noon + since * minute])),
  end: noon + at * minute,
  trace_id: trace,
});
const resolved = (at: number, facets: readonly ('env' | 'toolchain')[], why?: string): JournalEvent => ({
  ...resolvedRecord,
  facets,
  end: noon + at * minute,
  ...(why === undefined ? {} : { why }),
});

const events: readonly (readonly [number, JournalEvent])[] = [
  [
    0,
    {
      type: 'baseline',
      target: 'api',
      workspace: '/src/api',
      kind: 'learned',
      fingerprint: 's',
      taken: noon,
    },
  ],
  [1, drift(1, ['env', 'toolchain'], 'a1')],
  [3, resolved(3, ['env'])],
  [10, drift(10, ['toolchain'], 'b2', 1)],
  [20, drift(20, ['env'], 'c3')],
  [30, resolved(30, ['toolchain'], 'it was removed')],
  [31, { ...drift(31, ['env'], 'd4'), target: 'web' } as JournalEvent],
  [32, { type: 'drift', facets: 7 } as never as JournalEvent],
];

function timeline(): Timeline {
  const made = new Timeline();
  for (const [at, event] of events) made.add(event, noon + at * minute);
  return made;
}

const rows = (selection: Selection) =>
  timeline()
    .rows(selection)
    .map(({ target, what, ended = '', from, to }) =>
      [target, what, ended, (from - noon) / minute, to === undefined ? '' : (to - noon) / minute].join(' '),
    );

test('each drift of a facet is a row, with its onset and its end', () => {
  expect(rows({})).toEqual([
    'api baseline  0 ',
    'api env resolved 1 3',
    'api toolchain changed 1 10',
    'api toolchain unobserved 10 30',
    'api env lasts 20 ',
    'web env lasts 31 ',
    ' gap  32 ',
  ]);
});

test('since shows what lasted then; target and facet select', () => {
  expect(rows({ since: noon + 25 * minute, target: 'api' })).toEqual([
    'api toolchain unobserved 10 30',
    'api env lasts 20 ',
  ]);
  expect(rows({ facet: 'env' })).toEqual(['api env resolved 1 3', 'api env lasts 20 ', 'web env lasts 31 ']);
});

/** What is printed on a terminal or into a pipe. */
function printed(isTTY: boolean, env: Readonly<Record<string, string>> = {}): string {
  let text = '';
  const stdout = { write: (words: string) => (text += words), isTTY };
  const terminal = { env: new Map(Object.entries(env)), cwd: '/', stdout, stderr: stdout };
  printTimeline(terminal, timeline().rows({ target: 'api' }), noon + 40 * minute);
  return text;
}

test('columns are below their titles, and colours are for terminals that support them', () => {
  const plain = printed(false);
  expect(plain.split('\n').slice(0, 3)).toEqual([
    'ONSET                 TARGET  WHAT       LEVEL  CAUSE    LASTED  ENDED                 TRACE',
    '2026-11-22 12:00:00Z  api     baseline                                                        api: baseline learned',
    '2026-11-22 12:01:00Z  api     env        minor  unknown  2 min   2026-11-22 12:03:00Z  a1     env.GOFLAGS (none) → -trimpath',
  ]);
  expect(plain).toContain('20 min  lasts ');
  expect(printed(true, { NO_COLOR: '1' })).toBe(plain);
  const coloured = printed(true);
  expect(coloured).toContain('\u001b[');
  expect(coloured.replaceAll(/\u001b\[\d+m/g, '')).toBe(plain);
});

test('without rows it says so', () => {
  let text = '';
  const stdout = { write: (words: string) => (text += words) };
  printTimeline({ env: new Map(), cwd: '/', stdout, stderr: stdout }, [], noon);
  expect(text).toBe('nothing happened\n');
});

test('a row names the probable writer of a file of its facet', () => {
  const timeline = new Timeline();
  timeline.add({ ...driftRecord, writers: [probableWriter] }, noon);
  const written = timeline
    .rows({})
    .filter(({ text }) => text.includes('; /src/api/env likely written by ed, pid 7'));
  expect(written.map(({ what }) => what)).toEqual(['env']);
});
