/** What exit codes mean (contract §1), once: the manual page and docs/configuration.md are made from this. */

/** What ends a command with 1, and which commands that are. */
export const somethingFound = [
  { what: 'a finding at or above --fail-on', commands: ['check'] },
  { what: 'two snapshots that differ', commands: ['diff'] },
  { what: 'builds that would be refused, or a conflict that would come', commands: ['what-if'] },
  { what: 'a cause that was found', commands: ['blame'] },
  { what: 'no baseline', commands: ['baseline show'] },
  { what: 'a rollback that was refused or undone, or failed', commands: ['rollback', 'approve'] },
  { what: 'a command that failed, or whose changes were taken back', commands: ['try'] },
  { what: 'damage in the build cache', commands: ['cache verify', 'cache repair'] },
  { what: 'a change of generations that was refused', commands: ['cache generations'] },
  { what: 'a broken journal', commands: ['events --verify'] },
  { what: 'an exporter that is not healthy', commands: ['healthcheck'] },
  { what: 'a story that did not end as it must', commands: ['demo'] },
] as const;

export const exitCodes = {
  0: 'nothing to report, or done',
  1: 'there is something',
  2: 'could not look or did not understand: bad arguments or configuration, a facet that cannot be read, an answer that cannot be printed. One line on stderr says what failed, why, and what to do',
} as const;
