/** What waits to be told of targets that came and went is told by the next process when this one is killed. */
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { tellTidings } from '../../../../src/cli/wire/tell-tidings.ts';
import type { JournalEvent } from '../../../../src/drift/events.ts';
import type { Change } from '../../../../src/observe/discovery/tidings.ts';
import { eventOf, journalDirectory, readJournal } from '../../../../src/store/journal.ts';
import { openStore } from '../../../../src/store/open.ts';
import { loadTidings } from '../../../../src/store/tidings.ts';
import { createLog } from '../../../../src/tell/log.ts';
import { noon, scratch } from '../../store/scratch.ts';

const log = createLog('error', 'logfmt', () => {});
const change = (which: Change['change'], name: string, more: Partial<Change> = {}): Change => ({
  change: which,
  target: name,
  workspace: `/src/${name}`,
  ...more,
});

test('after a kill the next start tells each target that waited as it is then, once', async () => {
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

  const killed = tellTidings(log, () => opened);
  for (let index = 0; index < 8; index++) killed.tell([change('appeared', `x${index}`)]);
  killed.tell([change('vanished', 'api', { facets: ['modules'] }), change('vanished', 'web')]);
  await expect.poll(async () => (await loadTidings(state, noon)).value).toHaveLength(2);
  expect(await targetLines()).toHaveLength(8);

  // The next process; of this one nothing more is written.
  const next = tellTidings(log, () => opened);
  await next.tellEarlier(({ target }) => target === 'web');
  await expect.poll(async () => (await loadTidings(state, noon)).value).toEqual([]);
  expect((await targetLines()).slice(8)).toMatchObject([
    { type: 'target', change: 'vanished', target: 'api', facets: ['modules'] },
    { type: 'target', change: 'appeared', target: 'web' },
  ]);
  await tellTidings(log, () => opened).tellEarlier(() => false);
  expect(await targetLines()).toHaveLength(10);
});
