/** Commands by which people steer rollbacks: rows of commands.ts, where they stand behind `rollback`. */
import { exporterConfig, exporterState, json, state, target } from './command-options.ts';
import { facetsWithRollback } from './facets.ts';

const why = { flag: '--reason <text>', about: 'why (kept with who and when)' } as const;

/** What a command that confirms a rollback is told of it, beside a few variables of its user (docs/rollback.md). */
export const confirmVariables = {
  target: 'GODRIFT_TARGET',
  facet: 'GODRIFT_FACET',
  rollback: 'GODRIFT_ROLLBACK',
} as const;

/** In the order of help. */
export const rollbackCommands = [
  {
    path: 'rollback pause',
    about: 'stop all rollbacks that alerts ask for, until resume; a person can still roll back',
    options: [why, exporterState],
    examples: ['godrift rollback pause --reason "release day"'],
  },
  { path: 'rollback resume', about: 'let alerts ask for rollbacks again', options: [why, exporterState] },
  {
    path: 'rollback release',
    arguments: '[dir]',
    about: 'release a workspace from quarantine: what was rolled back there may be rolled back again',
    options: [
      { flag: '--facet <facet>', about: 'this facet only', choices: facetsWithRollback },
      why,
      target,
      state,
      exporterConfig,
    ],
    examples: ['godrift rollback release --facet env --reason "the provisioning job is fixed"'],
  },
  {
    path: 'approvals',
    about: 'print the rollbacks that wait for an approval, or to be confirmed',
    options: [json, exporterState],
  },
  {
    path: 'approve',
    arguments: '<id>',
    about:
      'let the running exporter carry out a rollback that waits: shows the plan and asks; another plan than the one that waits is refused',
    options: [{ flag: '--yes', about: 'do it without asking' }, why, json, exporterState, exporterConfig],
    examples: ['godrift approve 0123456789abcdef'],
  },
  {
    path: 'deny',
    arguments: '<id>',
    about: 'refuse a rollback that waits for an approval, or take back at once what waits to be confirmed',
    options: [why, exporterState],
  },
  {
    path: 'confirm',
    arguments: '<id>',
    about: 'say that a rollback, or what was tried, did good: unconfirmed it is taken back',
    options: [why, exporterState],
  },
  {
    path: 'try',
    arguments: '<command...>',
    about:
      'run a command that changes the Go environment (after --): what it changed comes back by itself unless godrift confirm says that it did good',
    options: [
      {
        flag: '--confirm-within <duration>',
        about: 'how long it may wait to be confirmed',
        default: '10m',
      },
      { flag: '--timeout <duration>', about: 'how long the command may take', default: '10m' },
      why,
      target,
      state,
      exporterConfig,
    ],
    note: `What comes back: the GOENV file, $GOROOT/go.env, links that lead from PATH to go, go.mod, go.sum, go.work and go.work.sum, to the byte.
Nothing else does: variables of the shell, caches, modules, tools and toolchains that were installed, a vendor directory.
Where no exporter runs, the command waits to be told; ended by a signal it takes back at once. What a command that fails has changed
is taken back at once. Exit code: 1 where it failed or was taken back.`,
    examples: [
      'godrift try --confirm-within 10m -- go env -w GOFLAGS=-mod=mod',
      'godrift try -- go get golang.org/x/net@latest',
      'godrift try --confirm-within 1h -- ln -sfn go1.27 "$HOME/sdk/go"',
      'godrift confirm 0123456789abcdef',
      'godrift deny 0123456789abcdef',
    ],
  },
] as const;
