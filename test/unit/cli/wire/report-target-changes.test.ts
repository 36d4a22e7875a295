/** Target changes that wait to be recorded are recorded by the next process if this one is killed. */
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { reportTargetChanges } from '../../../../src/cli/wire/report-target-changes.ts';
import type { JournalEvent } from '../../../../src/drift/events.ts';
import type { TargetChange } from '../../../../src/observe/discovery/target-changes.ts';
import { eventOf, journalDirectory, readJournal } from '../../../../src/store/journal.ts';
import { openStore } from '../../../../src/store/open.ts';
import { loadTargetChanges, saveTargetChanges } from '../../../../src/store/target-changes.ts';
import { createLog } from '../../../../src/tell/log.ts';
import { noon, scratch } from '../../store/scratch.ts';

const log = createLog('error', 'logfmt', () => {});
const change = (
  which: TargetChange['change'],
  name: string,
  more: Partial<TargetChange> = {},
): TargetChange => ({
  change: which,
  target: name,
  workspace: `/src/${name}`,
  ...more,
});

const nobody = () => false;

async function stateOf() {
  const directory = path.join(await scratch(), 'state');
  const opened = await openStore(directory, { now: () => noon });
  if ('busy' in opened) throw new Error(opened.why);
  onTestFinished(() => opened.close());
  const { state } = opened;
  const targetLines = async () => {
    const found: JournalEvent[] = [];
    for await (const line of readJournal(journalDirectory(directory))) found.push(eventOf(line));
    return found.filter(({ type }) => type === 'target');
  };
  return { opened, state, targetLines };
}

test('after a kill the next start records each waiting target once, by its state at that time', async () => {
  const { opened, state, targetLines } = await stateOf();

  const killed = reportTargetChanges(log, () => opened);
  for (let index = 0; index < 8; index++) killed.record([change('appeared', `x${index}`)]);
  killed.record([change('vanished', 'api', { facets: ['modules'] }), change('vanished', 'web')]);
  // The waiting changes may be on disk before the last of the eight immediate lines.
  await expect.poll(targetLines, { timeout: 30_000 }).toHaveLength(8);
  await expect
    .poll(async () => (await loadTargetChanges(state, noon)).value, { timeout: 30_000 })
    .toHaveLength(2);

  // The next process. The killed one writes nothing more.
  const next = reportTargetChanges(log, () => opened);
  await next.recordLeftover(({ target }) => target === 'web', nobody);
  await expect
    .poll(async () => (await loadTargetChanges(state, noon)).value, { timeout: 30_000 })
    .toEqual([]);
  expect((await targetLines()).slice(8)).toMatchObject([
    { type: 'target', change: 'vanished', target: 'api', facets: ['modules'] },
    { type: 'target', change: 'appeared', target: 'web' },
  ]);
  await reportTargetChanges(log, () => opened).recordLeftover(nobody, nobody);
  expect(await targetLines()).toHaveLength(10);
});

test('a waiting change of an unsure target survives other changes, and is recorded once the target is known', async () => {
  const { opened, state, targetLines } = await stateOf();
  const waiting = ['api', 'web'].map((name) => ({
    target: name,
    workspace: `/src/${name}`,
    facets: ['env'],
  }));
  await saveTargetChanges(state, waiting);

  // The first process cannot search: it records another change and stops.
  const first = reportTargetChanges(log, () => opened);
  first.record([change('appeared', 'x')]);
  await first.stop();
  expect(await targetLines()).toMatchObject([{ target: 'x' }]);
  expect((await loadTargetChanges(state, noon)).value).toEqual(waiting);

  // The second process is sure of one target only: the other keeps waiting.
  const second = reportTargetChanges(log, () => opened);
  await second.recordLeftover(nobody, ({ target }) => target === 'api');
  await second.stop();
  expect((await targetLines()).slice(1)).toMatchObject([{ target: 'web', change: 'vanished' }]);
  expect((await loadTargetChanges(state, noon)).value).toEqual(waiting.slice(0, 1));

  // The third process sees a newer change of that target, which replaces the waiting one.
  const third = reportTargetChanges(log, () => opened);
  third.record([change('vanished', 'api')]);
  await third.stop();
  expect((await targetLines()).slice(2)).toMatchObject([{ target: 'api', change: 'vanished' }]);
  expect((await loadTargetChanges(state, noon)).value).toEqual([]);
});
