/** Journal lines and approved records of tries: a record is kept as long as it is needed, and no longer. */
import { readdirSync, utimesSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { acceptUnlessUnconfirmed } from '../../../../src/cli/rollback/accept.ts';
import { beginTry, endTry } from '../../../../src/cli/rollback/tries.ts';
import {
  approvedDirectory,
  keptRecords,
  readRecords,
  writeApproved,
} from '../../../../src/store/approved/approved.ts';
import { appendJournal } from '../../../../src/store/journal.ts';
import type { Recorder } from '../../../../src/store/record-exemption.ts';
import { peekMemory } from '../../../../src/undo/keep-memory.ts';
import { pruneRecords } from '../../../../src/undo/needed-records.ts';
import { noPolicy } from '../../../../src/undo/policy.ts';
import { scratch } from '../../../lab/toolchains.ts';
import { noon } from '../../tell/states.ts';
import { recording } from '../../undo/recording.ts';

const api = { name: 'api', workspace: '/src' };
const place = { env: new Map<string, string>() };
const around = { policy: noPolicy, states: [] };

/** Stores the replaced state of `minute` minutes after noon. Returns the digest of its record. */
async function kept({ state }: Recorder, minute: number): Promise<string> {
  const facts = {
    ...{ target: 'api', workspace: '/src', time: noon + minute * 60_000, fingerprint: 'f' },
    ...{ who: 'ann', why: 'before make', conflicts: [] },
  } as const;
  const goenv = { role: 'goenv', path: '/home/ann/env', directory: '/home/ann', name: 'env' } as const;
  const entries = [{ ...goenv, state: { kind: 'absent' } as const }];
  const written = await writeApproved(state, api, { ...facts, schema: 1, replaced: true, entries }, '', []);
  if (!written.ok) throw new Error(written.problem);
  return written.value;
}

/** Begins a try and returns its id. */
async function begin(recorder: Recorder, record: string): Promise<string> {
  const body = { target: 'api', workspace: '/src', record, command: 'make', limit_ms: 1000 };
  const begun = await beginTry(recorder, body, await peekMemory(recorder.state.path), around, place);
  if (!begun.ok) throw new Error(begun.problem);
  return begun.value.id;
}

const end = async (recorder: Recorder, id: string, record?: string) =>
  endTry(
    recorder,
    id,
    { start: noon, confirm_ms: 1000, command: 'make', ...(record === undefined ? {} : { record }) },
    await peekMemory(recorder.state.path),
    place,
  );

const digests = ({ state }: Recorder) => readRecords(state.path, api).records.map(({ digest }) => digest);

/** Gives all stored files an mtime that is old enough for pruning. */
function age({ state }: Recorder): void {
  const directory = approvedDirectory(state.path, api);
  for (const name of readdirSync(directory)) utimesSync(path.join(directory, name), 0, 0);
}

const made = () => path.join(scratch('tries'), 'state');

describe('records of tries', () => {
  it('are removed at the end of a try, except the record of the names that changed', async () => {
    await recording(made(), async (recorder) => {
      await end(recorder, await begin(recorder, await kept(recorder, 0)));
      expect(digests(recorder)).toEqual([]);
      const changed = await kept(recorder, 2);
      await end(recorder, await begin(recorder, await kept(recorder, 1)), changed);
      expect(digests(recorder)).toEqual([changed]);
    });
  });

  it('are pruned after each try', async () => {
    await recording(made(), async (recorder) => {
      const others: string[] = [];
      for (let minute = 1; minute <= keptRecords + 5; minute++) others.push(await kept(recorder, minute));
      age(recorder);
      await end(recorder, await begin(recorder, await kept(recorder, 0)));
      expect(digests(recorder)).toEqual(others.slice(-keptRecords).reverse());
    });
  });

  it('stay, however old, while an unconfirmed rollback may be reverted to them', async () => {
    await recording(made(), async (recorder) => {
      const open = await kept(recorder, 0);
      for (let minute = 1; minute <= keptRecords + 5; minute++) await kept(recorder, minute);
      const common = {
        ...{ operation: 'rollback', id: 'r', target: 'api', workspace: '/src', facets: ['env'], why: '' },
        ...{ who: 'ann', mode: 'manual', trigger: 'cli' },
      } as const;
      const intent = { ...common, type: 'intent', plan: 'p', replaced: open, steps: 1, files: [] } as const;
      await appendJournal(recorder.journal, intent);
      await appendJournal(recorder.journal, {
        ...{ ...common, type: 'outcome', result: 'applied', parts: [], confirm_by: noon + 1 },
        ...{ start: noon, end: noon, resource: {}, version: '0', trace_id: 't', span_id: 's' },
      });
      age(recorder);
      await pruneRecords(recorder, api, undefined);
      expect(digests(recorder)).toHaveLength(keptRecords + 1);
      expect(digests(recorder)).toContain(open);
    });
  });
});

describe('a baseline', () => {
  it('is not accepted while a try waits to be confirmed', async () => {
    await recording(made(), async (recorder) => {
      const id = await begin(recorder, await kept(recorder, 0));
      await end(recorder, id, await kept(recorder, 1));
      const body = { target: 'api', workspace: '/src', snapshot: '', reason: 'all well' };
      const problem = `env of api waits to be confirmed: godrift confirm ${id} keeps it, godrift deny ${id} takes it back`;
      expect(
        await acceptUnlessUnconfirmed(recorder, body, await peekMemory(recorder.state.path)),
      ).toMatchObject({
        ok: false,
        problem,
      });
      const web = await acceptUnlessUnconfirmed(
        recorder,
        { ...body, target: 'web' },
        await peekMemory(recorder.state.path),
      );
      expect(web).not.toMatchObject({ problem });
    });
  });
});
