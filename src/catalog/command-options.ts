/** Options of the commands in commands.ts: those that several commands share, and the long lists. */
import { facets, facetsWithRollback } from './facets.ts';
import { checkFormats, configFileOption, destinationKinds } from './options.ts';

/** `--json`, for every command with machine-readable output. */
export const json = { flag: '--json', about: 'print one JSON document' } as const;
/** `--target`, which selects one of several targets that share a directory. */
export const target = {
  flag: '--target <name>',
  about: 'name of the target, as configured in the exporter',
} as const;
/** `--state-directory`, for commands that read the state of an exporter. */
export const exporterState = {
  flag: '--state-directory <dir>',
  about: 'state directory of the exporter',
} as const;
/** `--state-directory`, for commands that work on the state directory themselves. */
export const state = { flag: '--state-directory <dir>', about: 'the state directory' } as const;
/** `--config.file`, for commands that look up a target in the configuration of the exporter. */
export const exporterConfig = {
  flag: configFileOption.flag,
  about: `configuration of the exporter (${configFileOption.env})`,
} as const;
/** Options that select the targets of an exemption. */
export const selector = [
  { flag: '--target <name>', about: 'name of the target, wherever its workspace is' },
  {
    flag: '--target-pattern <regexp>',
    about: 'all targets whose full name matches',
    excludes: ['--target', '[dir]'],
  },
  exporterState,
  exporterConfig,
] as const;
/** Options of the build cache commands. */
export const cacheOptions = [
  {
    flag: '--gocache <dir>',
    about: 'use this cache instead of the one of the workspace',
    excludes: ['[dir]'],
  },
  json,
  exporterState,
] as const;

/** Options of `cache generations collect`. */
export const collectOptions = [
  {
    flag: '--older-than <duration>',
    about: 'remove only generations that GOCACHE has not pointed to for this long',
    default: '24h',
  },
  ...cacheOptions,
] as const;

/** Options of `blame`. */
export const blameOptions = [
  {
    flag: '--against <record>',
    about: 'the state that worked: the baseline, a snapshot file, a record id (see baseline list) or a time',
    default: 'baseline',
  },
  { flag: '--timeout <duration>', about: 'time limit of each run of the command', default: '10m' },
  { flag: '--jobs <n>', about: 'number of runs at the same time', default: '1' },
  { flag: '--network', about: 'give the command network access; by default it has none' },
  json,
  target,
  exporterState,
  exporterConfig,
] as const;

/** The options that name a notification destination; the other `--notify-*` options need one of them. */
const destinations = ['--notify', '--notify-url-file'] as const;

/** Options of `check`. */
export const checkOptions = [
  {
    flag: '--fail-on <level>',
    about: 'exit 1 for findings at or above this level',
    choices: ['patch', 'minor', 'major'],
    default: 'minor',
  },
  {
    flag: '--cache',
    about:
      'audit the build cache and the files of the toolchain now; without it, the results of a running exporter are used',
  },
  { flag: '--format <format>', about: 'output format', choices: checkFormats },
  { flag: '--json', about: 'same as --format json: one JSON document (schema godrift.check/1)' },
  { flag: '-q, --quiet', about: 'print only the findings that decide the exit code' },
  {
    flag: '-o, --output <file>',
    about:
      'write the report to this file in the format of --format, replacing it (a symlink is replaced, not followed), and print it as text; with - the report alone goes to standard output',
  },
  {
    flag: '--fix-hints',
    about: 'print the repairs as a script for your shell (sh, fish), to be reviewed and sourced',
    excludes: ['--format', '--json'],
  },
  {
    flag: '--write-diff [file]',
    about:
      'if the environment differs from the baseline, write the differences to FILE (--write-diff=FILE; default env-fingerprint.diff)',
  },
  { flag: '--require-baseline', about: 'exit 1 if there is no baseline' },
  {
    flag: '--baseline-ref <revision>',
    about:
      'compare with the baseline committed in this git revision, and report if the one in the working tree differs',
  },
  { flag: '--textfile <file>', about: "write the metrics for node_exporter's textfile collector" },
  {
    flag: '--notify <url>',
    about: 'notify an Alertmanager, Slack, WeCom or a webhook; may be repeated',
    isRepeated: true,
  },
  {
    flag: '--notify-url-file <file>',
    about: 'same as --notify, with the URL read from this file; may be repeated',
    isRepeated: true,
  },
  {
    flag: '--notify-kind <kind>',
    about: 'kind of receiver, where the URL does not tell',
    choices: destinationKinds,
    needs: destinations,
  },
  {
    flag: '--notify-token-file <file>',
    about: 'file that holds a bearer token, or the secret of a WeCom application',
    needs: destinations,
  },
  {
    flag: '--notify-window <duration>',
    about: 'how long the same notification is not repeated',
    default: '24h',
    needs: destinations,
  },
  {
    flag: '--target <name>',
    about:
      'compare with the baseline of this target of the exporter; the environment is still that of this shell',
  },
  exporterState,
] as const;

/** Options of `demo`. */
export const demoOptions = [
  {
    flag: '--with-servers',
    about: 'also start Prometheus, Alertmanager and Jaeger, as installed on this machine',
  },
  {
    flag: '--servers <dir>',
    about: 'look for the programs of the servers in this directory and its subdirectories before PATH',
    needs: ['--with-servers'],
  },
  { flag: '--keep', about: 'leave everything running at the end, and keep the sandbox on disk' },
  {
    flag: '--speed <pace>',
    about: 'length of the pauses between paragraphs (default normal on a terminal)',
    choices: ['fast', 'normal', 'slow'],
  },
] as const;

/** Options of `events`. */
export const eventsOptions = [
  {
    flag: '--since <when>',
    about:
      'only events since then, and drifts that were open then: a duration back from now (2h, 7d) or a time',
  },
  { flag: '--target <name>', about: 'only events of this target' },
  { flag: '--facet <facet>', about: 'only events of this facet', choices: facets },
  {
    flag: '--trace <id>',
    about: 'print one trace from onset to verification; takes its id or a prefix of it',
    excludes: ['--since', '--target', '--facet', '--follow'],
  },
  {
    flag: '--report',
    about:
      'print a post-mortem in Markdown of the trace given by --trace; else of the newest rollback, or if there is none of the newest drift, within --target and --facet',
    excludes: ['--since', '--json', '--follow'],
  },
  { flag: '--json', about: 'print one JSON object per line' },
  { flag: '-f, --follow', about: 'keep waiting for new lines' },
  {
    flag: '--verify',
    about: 'verify the hash chain and name the first broken or missing line',
    excludes: ['--since', '--target', '--facet', '--trace', '--report', '--follow'],
  },
  {
    flag: '--witness <hash@seq>',
    about:
      'with --verify: a journal head that was recorded elsewhere (godrift_journal_head_info); may be repeated',
    isRepeated: true,
    needs: ['--verify'],
  },
  {
    flag: '--witness-file <file>',
    about:
      'with --verify: a file with many journal heads: HASH@SEQ lines, scraped pages, a response of the Prometheus API, or an event log; - is standard input',
    isRepeated: true,
    needs: ['--verify'],
  },
  state,
] as const;

/** Options of `rollback`. */
export const rollbackOptions = [
  { flag: '--dry-run', about: 'only show what would be done' },
  { flag: '--yes', about: 'apply the plan without asking' },
  {
    flag: '--facet <facet>',
    about: 'the facet to roll back',
    choices: facetsWithRollback,
    default: 'env',
  },
  {
    flag: '--key <key>',
    about: 'roll back only this entry (env.GOFLAGS) and leave all other changes; may be repeated',
    isRepeated: true,
  },
  {
    flag: '--to <record>',
    about:
      'roll back to an older approval: its id (see godrift baseline list), or a time at which it was in force',
  },
  json,
  target,
  exporterState,
  exporterConfig,
] as const;
