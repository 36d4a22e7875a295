/** A lasting problem is said once, and those of targets that went are not remembered for ever. */
import { expect, test } from 'vitest';
import { sayOnce } from '../../../../src/cli/wire/say-once.ts';
import { createLog } from '../../../../src/tell/log.ts';

test('the same problem is said once, another one again, and of too many names the oldest are forgotten', () => {
  const lines: string[] = [];
  const say = sayOnce(createLog('info', 'logfmt', (line) => lines.push(line)));
  const said = () => lines.splice(0).length;
  for (const problem of ['full', 'full', 'gone', undefined, 'gone']) say('api', problem);
  expect(said()).toBe(3);
  for (let index = 0; index < 9_999; index++) say(`went-${index}`, 'full');
  said();
  say('api', 'gone');
  expect(said()).toBe(0);
  // What was said again a moment ago is among the newest.
  for (let index = 0; index < 2; index++) say(`new-${index}`, 'full');
  said();
  say('api', 'gone');
  expect(said()).toBe(0);
  say('went-0', 'full');
  expect(said()).toBe(1);
});
