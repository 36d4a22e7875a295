/** The commands that control rollbacks: rows of commands.ts, after `rollback` itself. */
import { exporterConfig, exporterState, json, state, target } from './command-options.ts';
import { facetsWithRollback } from './facets.ts';

const why = { flag: '--reason <text>', about: 'why; recorded with user and time' } as const;

/**
 * Names of the variables that describe a rollback to its `confirm_command`, beside a few variables of the
 * user (docs/rollback.md).
 */
export const confirmVariables = {
  target: 'GODRIFT_TARGET',
  facet: 'GODRIFT_FACET',
  rollback: 'GODRIFT_ROLLBACK',
} as const;

/** Rows for commands.ts, in the order in which help lists them. */
export const rollbackCommands = [
  {
    path: 'rollback pause',
    about: 'stop all rollbacks triggered by alerts until resume; rollbacks by hand remain possible',
    options: [why, exporterState],
    examples: ['godrift rollback pause --reason "release day"'],
  },
  { path: 'rollback resume', about: 'let alerts trigger rollbacks again', options: [why, exporterState] },
  {
    path: 'rollback release',
    arguments: '[dir]',
    about: 'release a workspace from quarantine, so that alerts can roll it back again',
    options: [
      { flag: '--facet <facet>', about: 'only this facet', choices: facetsWithRollback },
      why,
      target,
      state,
      exporterConfig,
    ],
    examples: ['godrift rollback release --facet env --reason "the provisioning job is fixed"'],
  },
  {
    path: 'approvals',
    about: 'list the rollbacks that wait for approval or confirmation',
    options: [json, exporterState],
  },
  {
    path: 'approve',
    arguments: '<id>',
    about:
      'approve a pending rollback, which the running exporter then applies: shows the plan and asks first; refused if the plan has changed since',
    options: [{ flag: '--yes', about: 'approve without asking' }, why, json, exporterState, exporterConfig],
    examples: ['godrift approve 0123456789abcdef'],
  },
  {
    path: 'deny',
    arguments: '<id>',
    about:
      'reject a rollback that waits for approval, or revert at once a change that waits for confirmation',
    options: [why, exporterState],
  },
  {
    path: 'confirm',
    arguments: '<id>',
    about: 'keep a rollback, or a change made by godrift try; an unconfirmed one is reverted',
    options: [why, exporterState],
  },
  {
    path: 'try',
    arguments: '<command...>',
    about:
      'run a command that changes the Go environment (after --); the changes are reverted automatically unless godrift confirm keeps them',
    options: [
      {
        flag: '--confirm-within <duration>',
        about: 'time until unconfirmed changes are reverted',
        default: '10m',
      },
      { flag: '--timeout <duration>', about: 'time limit of the command', default: '10m' },
      why,
      target,
      state,
      exporterConfig,
    ],
    note: `Reverted byte for byte: the GOENV file, $GOROOT/go.env, symlinks from PATH to go, go.mod, go.sum, go.work and go.work.sum.
Not reverted: shell variables, caches, modules, installed tools and toolchains, a vendor directory.
Without a running exporter, godrift try itself waits for the confirmation; a signal makes it revert at once. The changes of a
command that fails are reverted at once. Exit code: 1 if the command failed or its changes were reverted.`,
    examples: [
      'godrift try --confirm-within 10m -- go env -w GOFLAGS=-mod=mod',
      'godrift try -- go get golang.org/x/net@latest',
      'godrift try --confirm-within 1h -- ln -sfn go1.27 "$HOME/sdk/go"',
      'godrift confirm 0123456789abcdef',
      'godrift deny 0123456789abcdef',
    ],
  },
] as const;
