/** The exit codes (contract §1), from which the manual page and docs/configuration.md are generated. */

/** The reasons for exit code 1, with the commands that use it. */
export const somethingFound = [
  { what: 'a finding at or above --fail-on', commands: ['check'] },
  { what: 'two snapshots that differ', commands: ['diff'] },
  { what: 'builds that would be refused, or a conflict that would appear', commands: ['what-if'] },
  { what: 'a cause was found', commands: ['blame'] },
  { what: 'no baseline', commands: ['baseline show'] },
  { what: 'a rollback that was refused, failed or was undone', commands: ['rollback', 'approve'] },
  { what: 'a command that failed, or whose changes were reverted', commands: ['try'] },
  { what: 'damage in the build cache', commands: ['cache verify', 'cache repair'] },
  { what: 'a change of generations that was refused', commands: ['cache generations'] },
  { what: 'a broken journal', commands: ['events --verify'] },
  { what: 'an exporter that is not healthy', commands: ['healthcheck'] },
  { what: 'a scenario that did not end as expected', commands: ['demo'] },
] as const;

/** The meaning of each exit code. */
export const exitCodes = {
  0: 'success: nothing to report, or done',
  1: 'something was found',
  2: 'error: bad arguments or configuration, a facet that cannot be read, output that cannot be written. One line on stderr says what failed, why, and what to do',
} as const;
