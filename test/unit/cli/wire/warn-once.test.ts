/** A lasting problem is logged once, and the memory of problems is bounded. */
import { expect, test } from 'vitest';
import { warnOnce } from '../../../../src/cli/wire/warn-once.ts';
import { createLog } from '../../../../src/tell/log.ts';

test('logs the same problem once, a different one again, and forgets the least recently used names', () => {
  const lines: string[] = [];
  const say = warnOnce(createLog('info', 'logfmt', (line) => lines.push(line)));
  const said = () => lines.splice(0).length;
  for (const problem of ['full', 'full', 'gone', undefined, 'gone']) say('api', problem);
  expect(said()).toBe(3);
  for (let index = 0; index < 9_999; index++) say(`went-${index}`, 'full');
  said();
  say('api', 'gone');
  expect(said()).toBe(0);
  // A repeated problem counts as recently used.
  for (let index = 0; index < 2; index++) say(`new-${index}`, 'full');
  said();
  say('api', 'gone');
  expect(said()).toBe(0);
  say('went-0', 'full');
  expect(said()).toBe(1);
});
