/** Writers that the journal recorded: reported only for files that have not changed since. */
import { lstatSync, mkdirSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { DriftRecord } from '../../../src/drift/events.ts';
import type { ProbableWriter } from '../../../src/drift/probable-writer.ts';
import { knownWriters } from '../../../src/observe/known-writers.ts';
import { encodeLine, genesis, type JournalRecord } from '../../../src/store/journal-line.ts';
import { newestLinesWith } from '../../../src/store/journal-search.ts';
import { segmentAt } from '../../../src/store/segments.ts';
import { scratch } from '../../lab/toolchains.ts';
import { driftRecord } from '../tell/states.ts';

const lstatChange = (file: string) => lstatSync(file).ctimeMs;

type Observation = Parameters<typeof knownWriters>[1]['observation'];

/** Writes records into journal segments of `perSegment` lines. */
function journalOf(directory: string, records: readonly object[], perSegment: number, behind = ''): string {
  const journal = join(directory, 'journal');
  mkdirSync(journal);
  let head = genesis;
  let text = '';
  for (const [index, record] of records.entries()) {
    const line = encodeLine(record as JournalRecord, head, 1_795_417_200_000 + index);
    head = line.head;
    text += `${line.bytes}\n`;
    const isLast = index === records.length - 1;
    if (!isLast && (index + 1) % perSegment !== 0) continue;
    const first = Math.floor(index / perSegment) * perSegment + 1;
    writeFileSync(segmentAt(journal, first).path, text + (isLast ? behind : ''));
    text = '';
  }
  return journal;
}

/** Makes a workspace with files, and an observation of it. */
function world() {
  const directory = scratch('known-writers');
  const workspace = join(directory, 'app');
  mkdirSync(workspace);
  const [gomod, gosum, goenv] = [
    join(workspace, 'go.mod'),
    join(workspace, 'go.sum'),
    join(directory, 'env'),
  ];
  for (const file of [gomod, gosum, goenv]) writeFileSync(file, 'x');
  const observation = {
    env: { status: 'ok', facts: { goenv: { path: goenv } } },
    toolchain: { status: 'ok', facts: { candidates: [], project: { path: gomod } } },
    modules: { status: 'ok', facts: {} },
  } as unknown as Observation;
  const writer = (path: string, more: object = {}): ProbableWriter => ({
    path,
    facets: ['modules'],
    changed: statSync(path).ctimeMs,
    confidence: 'likely',
    how: 'open',
    program: 'ed',
    pid: 7,
    started: 1_795_417_100_000,
    ...more,
  });
  const drift = (writers: readonly unknown[], more: Partial<DriftRecord> = {}) => ({
    ...driftRecord,
    workspace,
    writers,
    ...more,
  });
  return { directory, workspace, gomod, gosum, goenv, observation, writer, drift };
}

const modules = { facet: 'modules', key: 'modules.a' } as const;

describe('recorded writers', () => {
  it('come from the newest journal line, for files that have not changed since', async () => {
    const { directory, workspace, gomod, gosum, observation, writer, drift } = world();
    const older = { ...writer(gomod), pid: 6 };
    const journal = journalOf(
      directory,
      [drift([older]), drift([writer(gomod), writer(gosum)]), drift([])],
      1,
    );
    const ask = () =>
      knownWriters(journal, { workspace, observation }, [modules, { facet: 'context', key: 'context.a' }]);
    expect(await ask()).toEqual([[writer(gomod), writer(gosum)], []]);
    const before = writer(gomod).changed;
    utimesSync(gomod, 1, 1);
    expect(statSync(gomod).ctimeMs).not.toBe(before);
    expect(await ask()).toEqual([[writer(gosum)], []]);
  });

  it('are those of the facet, of the file that an entry comes from, and of symlinks on the way to it', async () => {
    const { directory, workspace, goenv, gomod, observation, writer, drift } = world();
    const link = join(directory, 'link');
    symlinkSync(goenv, link);
    const ofEnv = { facets: ['env'] };
    const ofLink = { ...writer(goenv, ofEnv), path: link, changed: lstatChange(link) };
    const journal = journalOf(directory, [drift([writer(goenv, ofEnv), writer(gomod, ofEnv), ofLink])], 1);
    const origin = { kind: 'goenv', path: link, line: 1 } as const;
    expect(
      await knownWriters(journal, { workspace, observation }, [{ facet: 'env', key: 'env.A', origin }]),
    ).toEqual([[ofLink]]);
    expect(await knownWriters(journal, { workspace, observation }, [{ facet: 'env', key: 'env.A' }])).toEqual(
      [[writer(goenv, ofEnv)]],
    );
    expect(await knownWriters(journal, { workspace, observation }, [modules])).toEqual([[]]);
  });

  it('are not taken from another workspace, from invalid or torn lines, or without a journal', async () => {
    const { directory, workspace, gomod, observation, writer, drift } = world();
    const edited = [{ ...writer(gomod), pid: 'x' }, 'writers', null];
    const records = [
      drift(edited),
      drift([writer(gomod)], { workspace: '/elsewhere' }),
      { ...drift([]), writers: 7 },
    ];
    const torn = JSON.stringify(drift([writer(gomod)]));
    const journal = journalOf(directory, records, 10, torn);
    expect(await knownWriters(journal, { workspace, observation }, [modules])).toEqual([[]]);
    expect(await knownWriters(join(directory, 'absent'), { workspace, observation }, [modules])).toEqual([
      [],
    ]);
  });
});

it('lines with a text are found once each, from the end of the journal back to the given limit', async () => {
  const { directory, drift } = world();
  const records = Array.from({ length: 30 }, (_, index) =>
    drift([], { target: `t${index % 3}-${index % 3}` }),
  );
  const journal = journalOf(directory, records, 7);
  const seqs = async (...args: [readonly string[], number?]) =>
    (await newestLinesWith(journal, ...args)).map(({ seq }) => seq);
  const all = Array.from({ length: 30 }, (_, index) => 30 - index);
  expect(await seqs(['t0-', 't1-1', '"target"'])).toEqual(all);
  expect(await seqs(['"t1-1"'])).toEqual(all.filter((seq) => (seq - 1) % 3 === 1));
  expect(await seqs(['nobody'])).toEqual([]);
  // 2.5 lines from the end, which hold two: the last segment, and the end of the segment before it.
  const size = Math.ceil(statSync(segmentAt(journal, 29).path).size / 2);
  expect(await seqs(['"target"'], Math.floor(size * 2.5))).toEqual([30, 29]);
  expect(await seqs(['"target"'], Math.floor(size * 3.5))).toEqual([30, 29, 28]);
});
