import { expect, test } from 'vitest';
import { recordAndLog } from '../../../../src/cli/wire/record.ts';
import { createLog } from '../../../../src/tell/log.ts';

/** Records one event; returns the log lines, and whether `keep` was called. */
async function recorded(keep: (stop: () => void) => boolean, isClosing = false) {
  const lines: string[] = [];
  let closing = isClosing;
  let tried = false;
  const log = createLog('info', 'logfmt', (line) => lines.push(line.replace(/ ts=\S+/, '').trim()));
  await recordAndLog(
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

test('logs a recorded event, and an error if the store has no room for it', async () => {
  expect((await recorded(() => true)).lines).toEqual([said]);
  expect((await recorded(() => false)).lines).toEqual([
    said,
    'level=error target=api msg="not recorded: too many records wait for the disk"',
  ]);
});

test('logs nothing once the store is closing, and does not blame the disk for an event lost to the stop', async () => {
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
