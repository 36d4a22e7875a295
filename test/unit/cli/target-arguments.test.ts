/** Commands in messages get the target arguments of the command that prints them. */
import { describe, expect, it } from 'vitest';
import {
  stateWithTargetArguments,
  targetArgumentsOf,
  withTargetArguments,
} from '../../../src/cli/target-arguments.ts';
import type { TargetState } from '../../../src/drift/state.ts';

const told = targetArgumentsOf(
  { cwd: '/src' },
  { target: 't1', stateDirectory: 'my state', configFile: 'g.yml' },
  'api',
);

describe('withTargetArguments', () => {
  it.each([
    [
      'godrift rollback --key GOFLAGS: write the approved content (or godrift baseline accept --reason …)',
      "godrift rollback --target t1 --state-directory '/src/my state' --config.file /src/g.yml /src/api --key GOFLAGS: write the approved content (or godrift baseline accept --target t1 --state-directory '/src/my state' --config.file /src/g.yml /src/api --reason …)",
    ],
    [
      'keep it: godrift confirm 01; else: godrift deny 01',
      "keep it: godrift confirm --state-directory '/src/my state' 01; else: godrift deny --state-directory '/src/my state' 01",
    ],
    [
      'godrift rollback release --target api --facet env',
      "godrift rollback release --state-directory '/src/my state' --config.file /src/g.yml --target api --facet env",
    ],
    ['godrift cache repair --yes, see godrift rollback-notes', undefined],
  ])('%s', (text, expected = text) => {
    expect(withTargetArguments(text, told)).toBe(expected);
  });

  it('adds nothing if no target arguments were given', () => {
    expect(withTargetArguments('godrift rollback --to 0123', targetArgumentsOf({ cwd: '/src' }, {}))).toBe(
      'godrift rollback --to 0123',
    );
  });
});

describe('stateWithTargetArguments', () => {
  it('adds the options to argv, but not the directory, in which the command runs anyway', () => {
    const fix = { action: 'run', argv: ['godrift', 'rollback', '--yes'], directory: '/src/api' };
    const other = { action: 'run', argv: ['go', 'mod', 'tidy'], directory: '/src/api' };
    const state = {
      findings: [{ fix }, { fix: other, repair: 'run go mod tidy' }],
    } as unknown as TargetState;
    expect(stateWithTargetArguments(state, told).findings).toEqual([
      {
        fix: {
          ...fix,
          argv: [
            ...['godrift', 'rollback', '--target', 't1', '--state-directory', '/src/my state'],
            ...['--config.file', '/src/g.yml', '--yes'],
          ],
        },
      },
      { fix: other, repair: 'run go mod tidy' },
    ]);
  });
});
