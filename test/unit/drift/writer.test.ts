/**
 * The probable writers of a file, from the evidence of one pass: no claim goes beyond the evidence or its
 * times.
 */
import { describe, expect, it } from 'vitest';
import type { DriftRecord } from '../../../src/drift/events.ts';
import type { Observation } from '../../../src/drift/model.ts';
import { writerText } from '../../../src/drift/probable-writer.ts';
import { type FileEvidence, filesOfDrift, writersOf } from '../../../src/drift/writer.ts';
import { driftRecord } from '../tell/states.ts';

const noon = Date.parse('2026-11-30T12:00:00Z');
const between = { from: noon, to: noon + 1000 };
const mine = new Set([1000]);
const file: FileEvidence = {
  path: '/src/api/go.mod',
  facets: ['modules'],
  changed: noon + 500,
  isLink: false,
  uid: 1000,
  open: [],
};
const editor = { program: 'ed', pid: 7, started: noon - 60_000 };
const pull = { command: 'pull', at: noon, commit: '0123456789abcdef0123456789abcdef01234567' };
const writerTexts = (evidence: Partial<FileEvidence>) =>
  writersOf({ ...file, ...evidence }, between, mine).map(writerText);

describe('the probable writer of a file', () => {
  it('is unknown if the file belongs to the usual user and no process or git command touched it', () => {
    expect(writerTexts({})).toEqual([]);
  });

  it('is reported with the evidence, as likely or possible and never as certain', () => {
    expect(writerTexts({ git: pull, uid: 0 })).toEqual([
      '/src/api/go.mod likely written by git pull (HEAD moved to 01234567 at 2026-11-30T12:00:00Z, and it has that content)',
      '/src/api/go.mod possibly written by uid 0 (the file belongs to that user)',
    ]);
    expect(writerTexts({ open: [editor] })).toEqual([
      '/src/api/go.mod likely written by ed, pid 7 (it has the file open for writing)',
    ]);
    expect(writerTexts({ path: '/usr/local/go', isLink: true, uid: 0 })).toEqual([
      '/usr/local/go likely written by uid 0 (the link belongs to that user)',
    ]);
  });

  it('is only possible if there are several candidates', () => {
    expect(
      writerTexts({ open: [editor, { ...editor, pid: 8 }] }).every((text) => text.includes('possibly')),
    ).toBe(true);
    expect(writerTexts({ git: pull, open: [editor] })[1]).toContain('possibly written by ed');
  });

  it('is no process that started after the last write', () => {
    expect(writerTexts({ open: [{ ...editor, started: noon + 5000 }] })).toEqual([]);
  });

  it('is unknown if the file changed outside of the time between two passes, or the clock was set back', () => {
    const all = { git: pull, open: [editor], uid: 0 };
    expect(writerTexts({ ...all, changed: noon })).toEqual([]);
    expect(writerTexts({ ...all, changed: noon + 1001 })).toEqual([]);
    expect(writersOf({ ...file, ...all }, { from: noon + 1000, to: noon }, mine)).toEqual([]);
  });
});

it('filesOfDrift returns each file that the drifted facets are read from, once', () => {
  const record: DriftRecord = {
    ...driftRecord,
    workspace: '/src/api',
    facets: ['toolchain', 'env', 'modules', 'cache'],
    changes: [
      { facet: 'env', key: 'env.GOFLAGS', weight: 0.5, level: 'minor' },
      {
        facet: 'env',
        key: 'env.GOPRIVATE',
        actual: 'x',
        weight: 0.1,
        level: 'patch',
        origin: { kind: 'process' },
      },
    ],
  };
  const observation = {
    env: { status: 'ok', facts: { goenv: { path: '/home/ci/.config/go/env' } } },
    toolchain: {
      status: 'ok',
      facts: { candidates: [{ path: '/usr/bin/go' }], project: { kind: 'go.mod', path: '/src/go.mod' } },
    },
    modules: { status: 'failed', why: 'x' },
  } as unknown as Observation;
  expect(filesOfDrift(record, observation)).toEqual([
    { path: '/src/go.mod', facets: ['toolchain', 'modules'] },
    { path: '/usr/bin/go', facets: ['toolchain'] },
    { path: '/home/ci/.config/go/env', facets: ['toolchain', 'env'] },
    { path: '/src/go.sum', facets: ['modules'] },
    { path: '/src/vendor/modules.txt', facets: ['modules'] },
  ]);
  expect(filesOfDrift({ ...record, facets: ['cache'] }, observation)).toEqual([]);
});
