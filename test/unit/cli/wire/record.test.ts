import { expect, test } from 'vitest';
import { recordAndSay } from '../../../../src/cli/wire/record.ts';
import { createLog } from '../../../../src/tell/log.ts';

/** Records one thing; what the log says, and whether keeping was tried. */
async function recorded(keep: (stop: () => void) => boolean, isClosing = false) {
  const lines: string[] = [];
  let closing = isClosing;
  let tried = false;
  const log = createLog('info', 'logfmt', (line) => lines.push(line.replace(/ ts=\S+/, '').trim()));
  await recordAndSay(
    log,
    { closing: () => closing },
    { target: 'api', message: 'drift', fields: { type: 'drift' } },
    async () => {
      tried = true;
      return keep(() => {
        closing = true;
      });
    },
  );
  return { lines, tried };
}

const said = 'level=info target=api type=drift msg=drift';

test('what is kept is said, and what finds no room is an error', async () => {
  expect((await recorded(() => true)).lines).toEqual([said]);
  expect((await recorded(() => false)).lines).toEqual([
    said,
    'level=error target=api msg="not recorded: too many records wait for the disk"',
  ]);
});

test('once the exporter stops nothing is said, and the disk is not blamed for what it did not get', async () => {
  expect(await recorded(() => true, true)).toEqual({ lines: [], tried: false });
  const cut = await recorded((stop) => {
    stop();
    return false;
  });
  expect(cut.lines).toEqual([
    said,
    'level=warn target=api msg="not recorded: the exporter is stopping; the next start looks again"',
  ]);
});
