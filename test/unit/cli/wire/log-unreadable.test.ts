/** Log lines about unreadable targets. */
import { expect, it } from 'vitest';
import { logUnreadable } from '../../../../src/cli/wire/log-unreadable.ts';
import type { TargetState } from '../../../../src/drift/state.ts';
import { createLog } from '../../../../src/tell/log.ts';

type Seen = Pick<TargetState, 'readable' | 'facetStatus' | 'collectors'>;
const fine: TargetState['facetStatus'] = {
  ...({ toolchain: 'ok', env: 'ok', modules: 'ok' } as const),
  ...({ cache: 'ok', tools: 'ok', context: 'ok' } as const),
};
const readable = { ok: true, reason: 'ok' } as const;
const failed = (why: string) => [{ collector: 'modules', success: false, durationSeconds: 0, why }];

it('logs the reason when a target becomes unreadable, when the reason changes, and the recovery', () => {
  const lines: string[] = [];
  const say = logUnreadable(createLog('info', 'logfmt', (line) => lines.push(line.replace(/ts=\S+ /, ''))));
  const see = (seen: Partial<Seen>) => {
    lines.length = 0;
    const state = { readable, facetStatus: fine, collectors: [], ...seen };
    say({ target: 'api', workspace: '/src/api', ...state } as unknown as TargetState);
    return lines.join('').trim();
  };
  const gone = {
    readable: { ok: false, reason: 'workspace-absent' },
    facetStatus: { ...fine, modules: 'unreadable' },
    collectors: failed('the workspace is gone'),
  } as const;
  const partly = {
    facetStatus: { ...fine, modules: 'unreadable' },
    collectors: failed('EACCES'),
  } as const;
  expect(see({})).toBe('');
  expect(see(gone)).toBe(
    'level=warn target=api reason=workspace-absent why="the workspace is gone" msg="the target cannot be read"',
  );
  expect(see(gone)).toBe('');
  expect(see(partly)).toContain('facets=modules why=EACCES msg="part of the target cannot be read"');
  expect(see({})).toContain('msg="the target can be read again"');
  expect(see({})).toBe('');
});
