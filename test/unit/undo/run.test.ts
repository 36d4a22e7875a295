/** A rollback from intent to outcome, and the recovery of an interrupted one at a later start: real files, a real state directory. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../../src/catalog/errors.ts';
import type { RollbackIntent } from '../../../src/drift/events.ts';
import { changeEntry } from '../../../src/host/change-entry.ts';
import { sha256Hex } from '../../../src/host/digest.ts';
import { readEntry } from '../../../src/host/entry-state.ts';
import { lookIntoJournal } from '../../../src/store/approved/intact.ts';
import { appendJournal, closeJournal } from '../../../src/store/journal.ts';
import type { Recorder } from '../../../src/store/record-exemption.ts';
import { hasKeptRollbacks, keepRollback } from '../../../src/store/rollbacks.ts';
import type { Plan } from '../../../src/undo/plan.ts';
import { recordDryRun, recordRefusal, recordWaiting } from '../../../src/undo/record-plan.ts';
import { type Run, recoverRollbacks, runRollback } from '../../../src/undo/run.ts';
import type { EntryStep } from '../../../src/undo/step.ts';
import { scratch } from '../../lab/toolchains.ts';
import { asked, lines, recording, signature, trace } from './recording.ts';

/** Two files that are to change from `before` to `after`. */
async function world() {
  const home = realpathSync(scratch('rollback'));
  const states = async (text: string) => {
    const made = path.join(home, 'made');
    writeFileSync(made, text);
    chmodSync(made, 0o640);
    const { state, bytes } = await readEntry(made);
    return { state, bytes: bytes as Uint8Array };
  };
  const before = await states('now\n');
  const after = await states('then\n');
  const steps = ['one', 'two'].map((name): EntryStep => {
    writeFileSync(path.join(home, name), 'now\n');
    chmodSync(path.join(home, name), 0o640);
    const place = { role: 'goenv', path: path.join(home, name), directory: home, name } as const;
    return { kind: 'restore-file', ...place, before: before.state, after: after.state };
  });
  const digestOf = (state: typeof before.state) => (state.kind === 'file' ? state.sha256 : '');
  const contents = new Map([[digestOf(after.state), after.bytes]]);
  const plan: Plan = { target: 'api', workspace: '/src', facet: 'env', steps, contents, refusals: [] };
  const undoing = new Map([[digestOf(before.state), before.bytes]]);
  const read = () => steps.map((step) => readFileSync(step.path, 'utf8'));
  return { home, state: path.join(home, 'state'), plan, steps, undoing, read };
}

const run = (recorder: Recorder, undoing: Run['before'], verify: Run['verify'] = async () => undefined) => ({
  recorder,
  signature,
  asked,
  trace,
  before: undoing,
  verify,
  replaced: '0'.repeat(64),
});

const kept = (state: string) => readdirSync(path.join(state, 'rollbacks'));

describe('a rollback', () => {
  it('is applied, verified and journalled, and leaves no temporary files', async () => {
    const { state, plan, undoing, read } = await world();
    const ran = await recording(state, (recorder) => runRollback(plan, run(recorder, undoing)));
    expect(ran).toMatchObject({ outcome: { result: 'applied', trace_id: trace.traceId } });
    expect(read()).toEqual(['then\n', 'then\n']);
    expect(kept(state)).toEqual([]);
    const told = await lines(state);
    expect(told.map(({ type }) => type)).toEqual(['intent', 'outcome']);
    expect(told[1]).toMatchObject({
      id: told[0]?.['id'],
      parent_span_id: trace.parentSpanId,
      parts: [{ part: 'step' }, { part: 'step' }, { part: 'verify' }],
    });
  });

  it('is undone when it does not verify', async () => {
    const { home, state, plan, undoing, read } = await world();
    const ran = await recording(state, (recorder) =>
      runRollback(
        plan,
        run(recorder, undoing, async () => 'GOFLAGS is still there'),
      ),
    );
    expect(ran).toMatchObject({ outcome: { result: 'undone' } });
    expect(read()).toEqual(['now\n', 'now\n']);
    expect(readdirSync(home).filter((name) => name.includes('godrift'))).toEqual([]);
    expect((await lines(state))[1]).toMatchObject({
      result: 'undone',
      parts: [{}, {}, { part: 'verify', why: 'GOFLAGS is still there' }, { part: 'undo' }, { part: 'undo' }],
    });
  });

  it('is undone if the verification throws', async () => {
    const { state, plan, undoing, read } = await world();
    const ran = await recording(state, (recorder) =>
      runRollback(
        plan,
        run(recorder, undoing, async () => {
          throw new AppError('cannot look', 'the record is gone', 'look again');
        }),
      ),
    );
    expect(ran).toMatchObject({
      outcome: { result: 'undone', why: expect.stringContaining('the record is gone') },
    });
    expect(read()).toEqual(['now\n', 'now\n']);
    expect(kept(state)).toEqual([]);
  });

  it('does not overwrite a change made meanwhile', async () => {
    const { state, plan, steps, undoing, read } = await world();
    writeFileSync((steps[1] as EntryStep).path, 'newer\n');
    const ran = await recording(state, (recorder) => runRollback(plan, run(recorder, undoing)));
    expect(ran).toMatchObject({ outcome: { result: 'undone' } });
    expect(read()).toEqual(['now\n', 'newer\n']);
  });

  it('fails, and says so, if it can be neither completed nor undone', async () => {
    const { state, plan, steps, undoing, read } = await world();
    const ran = await recording(state, (recorder) =>
      runRollback(
        plan,
        run(recorder, undoing, async () => {
          writeFileSync((steps[0] as EntryStep).path, 'newer\n');
          return 'something else is wrong';
        }),
      ),
    );
    expect(ran).toMatchObject({
      outcome: { result: 'failed', why: expect.stringContaining('could not be undone') },
    });
    expect(read()).toEqual(['newer\n', 'now\n']);
  });

  it('journals a refusal with every reason', async () => {
    const { state, plan, undoing } = await world();
    const told = await recording(state, (recorder) =>
      recordRefusal(plan, ['one', 'two'], run(recorder, undoing)),
    );
    expect(told).toEqual({ id: expect.stringMatching(/^[0-9a-f]{16}$/) });
    expect(await lines(state)).toMatchObject([
      { type: 'refusal', refusals: ['one', 'two'], facets: ['env'] },
    ]);
  });
});

it('says why if the journal cannot be written', async () => {
  const { state, plan, undoing } = await world();
  const told = await recording(state, async (recorder) => {
    await closeJournal(recorder.journal);
    const recorded = run(recorder, undoing);
    return [
      await recordRefusal(plan, ['one'], recorded),
      await recordDryRun(plan, recorded),
      await recordWaiting(plan, { shown: 'd'.repeat(64), expires: 1 }, recorded),
    ];
  });
  const problem = 'cannot write the journal: it is closed';
  expect(told).toEqual([{ problem }, { problem }, { problem }]);
});

describe('a rollback that was interrupted', () => {
  /** As a crash leaves it after so many steps. */
  async function interrupted(done: number, { intent = true, plan: written = '', recovers = true } = {}) {
    const { state, plan, steps, undoing, ...rest } = await world();
    const id = '00000000000000ff';
    await recording(state, async (recorder) => {
      const whole = { schema: 1, target: 'api', workspace: '/src', facet: 'env', asked, steps, trace };
      const made = await keepRollback(recorder.state, id, whole, new Map([...undoing, ...plan.contents]));
      if (!made.ok) throw new Error(made.problem);
      const about = {
        operation: 'rollback',
        id,
        target: 'api',
        workspace: '/src',
        facets: ['env'],
        ...asked,
      } as const;
      const told: RollbackIntent = {
        type: 'intent',
        ...about,
        plan: made.value,
        replaced: '0'.repeat(64),
        steps: 2,
        files: steps.map((step) => step.path),
        why: 'rollback of env',
      };
      if (intent) await appendJournal(recorder.journal, told);
      for (const step of steps.slice(0, done))
        await changeEntry({ ...step, bytes: [...plan.contents.values()][0] as Uint8Array }, id);
    });
    if (written !== '') writeFileSync(path.join(state, 'rollbacks', id, 'plan.json'), written);
    const outcomes = recovers
      ? await recording(state, (recorder) => recoverRollbacks(recorder, async () => signature))
      : [];
    return { state, outcomes, id, steps, ...rest };
  }

  it.each([0, 1, 2])('is undone after %i steps', async (done) => {
    const { state, outcomes, read } = await interrupted(done);
    expect(outcomes).toMatchObject([{ result: 'undone', trace_id: trace.traceId }]);
    expect(read()).toEqual(['now\n', 'now\n']);
    expect(kept(state)).toEqual([]);
    expect((await lines(state)).map(({ type }) => type)).toEqual(['intent', 'outcome']);
    expect(await recording(state, (recorder) => recoverRollbacks(recorder, async () => signature))).toEqual(
      [],
    );
  });

  it('is dropped if nothing was begun', async () => {
    const { state, outcomes, read } = await interrupted(0, { intent: false });
    expect(outcomes).toEqual([]);
    expect(read()).toEqual(['now\n', 'now\n']);
    expect(kept(state)).toEqual([]);
  });

  it('is journalled as failed if its stored plan is damaged', async () => {
    const { outcomes, read } = await interrupted(1, { plan: '{}' });
    expect(outcomes).toMatchObject([{ result: 'failed', why: expect.stringContaining('damaged') }]);
    expect(read()).toEqual(['then\n', 'now\n']);
  });

  it('is left, complete, to the newer version that began it, and blocks other rollbacks', async () => {
    const { state, outcomes, id, read } = await interrupted(1, { plan: '{"schema":4,"novel":1}' });
    expect(outcomes).toEqual([]);
    expect(read()).toEqual(['then\n', 'now\n']);
    expect((await lines(state)).map(({ type }) => type)).toEqual(['intent']);
    expect(readdirSync(path.join(state, 'rollbacks', id)).length).toBeGreaterThan(1);
    expect(await lookIntoJournal(state, { name: 'api', workspace: '/src' }).whyNotIntact()).toMatch(
      /an interrupted rollback is unfinished .*plan\.json has schema 4 of a newer godrift.*run the godrift that wrote it/,
    );
  });

  it.each([
    ['what its undoing needs', (id: string) => `rollbacks/${id}/${sha256Hex('now\n')}.bytes`],
    ['its plan', (id: string) => `rollbacks/${id}/plan.json`],
    ['its folder', (id: string) => `rollbacks/${id}`],
    ['what lies beside it', () => 'rollbacks'],
  ])('waits, where %s cannot be read this time, and is undone when that can be', async (_, nameOf) => {
    const { state, id, read } = await interrupted(2, { recovers: false });
    const file = path.join(state, nameOf(id));
    const aside = path.join(path.dirname(state), 'aside');
    const reports: string[] = [];
    await recording(state, async (recorder) => {
      const recover = () =>
        recoverRollbacks({ ...recorder, report: (problem) => reports.push(problem) }, async () => signature);
      renameSync(file, aside);
      // The system refuses to open it, and to list it.
      symlinkSync(path.basename(file), file);
      expect(await recover()).toEqual([]);
      expect(reports).toEqual([expect.stringMatching(/^cannot (?:read|list) .*ELOOP$/)]);
      expect(hasKeptRollbacks(state)).toBe(true);
      expect(await lookIntoJournal(state, { name: 'api', workspace: '/src' }).whyNotIntact()).toContain(
        'an interrupted rollback is unfinished',
      );
      rmSync(file);
      renameSync(aside, file);
      expect(read()).toEqual(['then\n', 'then\n']);
      expect(await recover()).toMatchObject([{ result: 'undone' }]);
    });
    expect(read()).toEqual(['now\n', 'now\n']);
    expect(kept(state)).toEqual([]);
  });

  it('waits if the journal cannot be read', async () => {
    const { state, read } = await interrupted(1, { recovers: false });
    const reports: string[] = [];
    await recording(state, async (recorder) => {
      const segment = path.join(state, 'journal/journal-000000000001.jsonl');
      renameSync(segment, path.join(path.dirname(state), 'aside'));
      mkdirSync(segment);
      const report = (problem: string) => reports.push(problem);
      expect(await recoverRollbacks({ ...recorder, report }, async () => signature)).toEqual([]);
      rmSync(segment, { recursive: true });
      renameSync(path.join(path.dirname(state), 'aside'), segment);
    });
    expect(reports).toEqual([expect.stringContaining('cannot be ended: the journal cannot be read')]);
    expect(read()).toEqual(['then\n', 'now\n']);
  });

  it('leaves no temporary files', async () => {
    const { home, state, id, steps } = await interrupted(0);
    expect(existsSync(path.join(state, 'rollbacks', id))).toBe(false);
    expect(readdirSync(home).filter((name) => name.startsWith('.'))).toEqual([]);
    expect(steps).toHaveLength(2);
  });
});
