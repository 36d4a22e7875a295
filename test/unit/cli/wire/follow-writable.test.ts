import { expect, test } from 'vitest';
import { followWritable } from '../../../../src/cli/wire/follow-writable.ts';
import { createLog } from '../../../../src/tell/log.ts';

test('logs a full disk once with the reason of the first failed write, and the recovery once', () => {
  const lines: string[] = [];
  const log = createLog('info', 'logfmt', (line) => lines.push(line.replace(/ ts=\S+/, '').trim()));
  let problem: string | undefined;
  const follow = followWritable(log, {
    closing: () => false,
    unheld: () => undefined,
    unwritten: () => 1,
    writable: () => problem === undefined,
    state: {
      get problem() {
        return problem;
      },
    },
  });
  follow();
  for (problem of ['cannot write key: the disk is full', 'cannot write api: the disk is full']) follow();
  problem = undefined;
  follow();
  follow();
  expect(lines).toEqual([
    'level=warn records=1 why="cannot write key: the disk is full" msg="cannot write the state directory: records wait in memory"',
    'level=info msg="the state directory can be written again"',
  ]);
});
