/** Commands by which people steer rollbacks: rows of commands.ts, where they stand behind `rollback`. */
import { exporterConfig, exporterState, json, state, target } from './command-options.ts';
import { facets } from './facets.ts';

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
      { flag: '--facet <facet>', about: 'this facet only', choices: facets },
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
  { path: 'deny', arguments: '<id>', about: 'refuse a rollback that waits', options: [why, exporterState] },
  {
    path: 'confirm',
    arguments: '<id>',
    about: 'say that a rollback did good: unconfirmed it is taken back after confirm_within',
    options: [why, exporterState],
  },
] as const;
