/** Writing into a state directory that has no holder: a refusal says what to do. */
import path from 'node:path';
import { expect, it } from 'vitest';
import { record } from '../../../src/cli/record.ts';
import type { Terminal } from '../../../src/cli/terminal.ts';
import { refuse } from '../../../src/store/record-exemption.ts';
import { scratch } from '../../lab/toolchains.ts';

const silent = { write: () => true };
const terminal: Terminal = { env: new Map(), cwd: '/', stdout: silent, stderr: silent };
const call = { method: 'POST', path: '/api/v1/baselines', body: {} } as const;

it.each([
  [400, 'see godrift approvals'],
  [404, 'see godrift approvals'],
  [503, 'try again once that is over'],
] as const)('a refusal with status %d advises: %s', async (status, todo) => {
  const directory = path.join(scratch('record'), 'state');
  const asked = record(
    terminal,
    directory,
    'confirm it',
    call,
    async () => refuse(status, 'something is in the way'),
    'see godrift approvals',
  );
  await expect(asked).rejects.toMatchObject({
    what: 'cannot confirm it',
    why: 'something is in the way',
    todo,
  });
});
