/** What waits to be told of targets that came and went is told by the next process when this one is killed. */
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { reportTargetChanges } from '../../../../src/cli/wire/report-target-changes.ts';
import type { JournalEvent } from '../../../../src/drift/events.ts';
import type { Change } from '../../../../src/observe/discovery/target-changes.ts';
import { eventOf, journalDirectory, readJournal } from '../../../../src/store/journal.ts';
import { openStore } from '../../../../src/store/open.ts';
import { loadTargetChanges, saveTargetChanges } from '../../../../src/store/target-changes.ts';
import { createLog } from '../../../../src/tell/log.ts';
import { noon, scratch } from '../../store/scratch.ts';

const log = createLog('error', 'logfmt', () => {});
const change = (which: Change['change'], name: string, more: Partial<Change> = {}): Change => ({
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

test('after a kill the next start tells each target that waited as it is then, once', async () => {
  const { opened, state, targetLines } = await stateOf();

  const killed = reportTargetChanges(log, () => opened);
  for (let index = 0; index < 8; index++) killed.tell([change('appeared', `x${index}`)]);
  killed.tell([change('vanished', 'api', { facets: ['modules'] }), change('vanished', 'web')]);
  // What waits may be on the disk before the last of the lines that were told at once.
  await expect.poll(targetLines, { timeout: 30_000 }).toHaveLength(8);
  await expect
    .poll(async () => (await loadTargetChanges(state, noon)).value, { timeout: 30_000 })
    .toHaveLength(2);

  // The next process; of this one nothing more is written.
  const next = reportTargetChanges(log, () => opened);
  await next.tellEarlier(({ target }) => target === 'web', nobody);
  await expect
    .poll(async () => (await loadTargetChanges(state, noon)).value, { timeout: 30_000 })
    .toEqual([]);
  expect((await targetLines()).slice(8)).toMatchObject([
    { type: 'target', change: 'vanished', target: 'api', facets: ['modules'] },
    { type: 'target', change: 'appeared', target: 'web' },
  ]);
  await reportTargetChanges(log, () => opened).tellEarlier(nobody, nobody);
  expect(await targetLines()).toHaveLength(10);
});

test('what waited is not told while nobody knows of it, is not lost by what else is told, and is told once', async () => {
  const { opened, state, targetLines } = await stateOf();
  const waiting = ['api', 'web'].map((name) => ({
    target: name,
    workspace: `/src/${name}`,
    facets: ['env'],
  }));
  await saveTargetChanges(state, waiting);

  // A start whose first look gives no answer: something else is told, and the exporter stops.
  const first = reportTargetChanges(log, () => opened);
  first.tell([change('appeared', 'x')]);
  await first.stop();
  expect(await targetLines()).toMatchObject([{ target: 'x' }]);
  expect((await loadTargetChanges(state, noon)).value).toEqual(waiting);

  // One that can look at one of both: the other one waits on.
  const second = reportTargetChanges(log, () => opened);
  await second.tellEarlier(nobody, ({ target }) => target === 'api');
  await second.stop();
  expect((await targetLines()).slice(1)).toMatchObject([{ target: 'web', change: 'vanished' }]);
  expect((await loadTargetChanges(state, noon)).value).toEqual(waiting.slice(0, 1));

  // One that sees it come meanwhile says what is newer alone.
  const third = reportTargetChanges(log, () => opened);
  third.tell([change('vanished', 'api')]);
  await third.stop();
  expect((await targetLines()).slice(2)).toMatchObject([{ target: 'api', change: 'vanished' }]);
  expect((await loadTargetChanges(state, noon)).value).toEqual([]);
});
