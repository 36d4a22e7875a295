/** Options of commands (commands.ts): what several of them share, and those of the two that have most. */
import { facets, facetsWithRollback } from './facets.ts';
import { checkFormats, configFileOption, destinationKinds } from './options.ts';

/** Of every command that prints something for programs. */
export const json = { flag: '--json', about: 'print one JSON document' } as const;
/** Which target, where a directory is several. */
export const target = {
  flag: '--target <name>',
  about: 'name of the target, as the exporter calls it',
} as const;
/** The state directory of an exporter, which is read. */
export const exporterState = {
  flag: '--state-directory <dir>',
  about: 'where the exporter keeps its state',
} as const;
/** The state directory, which is written. */
export const state = { flag: '--state-directory <dir>', about: 'where the state is kept' } as const;
/** The exporter's configuration. */
export const exporterConfig = {
  flag: configFileOption.flag,
  about: `configuration of the exporter (${configFileOption.env})`,
} as const;
/** Which targets an exemption is for. */
export const selector = [
  { flag: '--target <name>', about: 'name of the target, wherever its workspace lies' },
  {
    flag: '--target-pattern <regexp>',
    about: 'every target whose whole name matches',
    excludes: ['--target', '[dir]'],
  },
  exporterState,
  exporterConfig,
] as const;
/** Of the commands of the build cache. */
export const cacheOptions = [
  { flag: '--gocache <dir>', about: 'this cache, and not that of the workspace', excludes: ['[dir]'] },
  json,
  exporterState,
] as const;

/** Of removing old generations of a cache. */
export const collectOptions = [
  {
    flag: '--older-than <duration>',
    about: 'only those that GOCACHE has not led to for so long',
    default: '24h',
  },
  ...cacheOptions,
] as const;

/** Of `blame`. */
export const blameOptions = [
  {
    flag: '--against <record>',
    about: 'the baseline, a snapshot file, the id of a record (baseline list) or a time',
    default: 'baseline',
  },
  { flag: '--timeout <duration>', about: 'how long the command may take in one world', default: '10m' },
  { flag: '--jobs <n>', about: 'worlds that are tried at once', default: '1' },
  { flag: '--network', about: 'let the command reach the network; else it has none' },
  json,
  target,
  exporterState,
  exporterConfig,
] as const;

/** Whom a check tells: the other options on that say how. */
const destinations = ['--notify', '--notify-url-file'] as const;

/** Of `check`. */
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
      'audit the build cache and the files of the toolchain now; otherwise what a running exporter knows',
  },
  { flag: '--format <format>', about: 'what to print', choices: checkFormats },
  { flag: '--json', about: 'the same as --format json: one JSON document (schema godrift.check/1)' },
  { flag: '-q, --quiet', about: 'print only the findings that decide the exit code' },
  {
    flag: '-o, --output <file>',
    about:
      'write the format (text unless told) to a file, which is replaced and never followed, and print the text; - is standard output, and then nothing else is printed there',
  },
  {
    flag: '--fix-hints',
    about: 'print the repairs as a script for your shell (sh, fish), to be read and sourced',
    excludes: ['--format', '--json'],
  },
  {
    flag: '--write-diff [file]',
    about:
      'where the baseline is not met, write what differs (--write-diff=FILE; default env-fingerprint.diff)',
  },
  { flag: '--require-baseline', about: 'exit 1 when there is nothing to compare with' },
  {
    flag: '--baseline-ref <revision>',
    about:
      'compare with the committed baseline of this git revision, and say when the working tree has another',
  },
  { flag: '--textfile <file>', about: "write the metrics for node_exporter's textfile collector" },
  {
    flag: '--notify <url>',
    about: 'tell an Alertmanager, Slack, WeCom or a webhook; may be repeated',
    isRepeated: true,
  },
  {
    flag: '--notify-url-file <file>',
    about: 'the same with the URL in a file; may be repeated',
    isRepeated: true,
  },
  {
    flag: '--notify-kind <kind>',
    about: 'what the URLs lead to, where they do not say it',
    choices: destinationKinds,
    needs: destinations,
  },
  {
    flag: '--notify-token-file <file>',
    about: 'bearer token, or the secret of a WeCom application',
    needs: destinations,
  },
  {
    flag: '--notify-window <duration>',
    about: 'how long the same is not told again',
    default: '24h',
    needs: destinations,
  },
  {
    flag: '--target <name>',
    about:
      'name of the target, as the exporter calls it: its baseline counts, and the environment stays that of this shell',
  },
  exporterState,
] as const;

/** Of `demo`. */
export const demoOptions = [
  { flag: '--with-servers', about: 'with a Prometheus, an Alertmanager and a Jaeger of this machine' },
  {
    flag: '--servers <dir>',
    about: 'where their programs are, or in folders of it, before PATH',
    needs: ['--with-servers'],
  },
  { flag: '--keep', about: 'keep everything running at the end, and the sandbox on disk' },
  {
    flag: '--speed <pace>',
    about: 'how long to pause between paragraphs (default normal on a terminal)',
    choices: ['fast', 'normal', 'slow'],
  },
] as const;

/** Of `events`. */
export const eventsOptions = [
  {
    flag: '--since <when>',
    about: 'what happened or lasted since then: a duration back from now (2h, 7d) or a time',
  },
  { flag: '--target <name>', about: 'of this target only' },
  { flag: '--facet <facet>', about: 'of this facet only', choices: facets },
  {
    flag: '--trace <id>',
    about: 'the story of one trace, from onset to verification: its id, or the beginning of it',
    excludes: ['--since', '--target', '--facet', '--follow'],
  },
  {
    flag: '--report',
    about:
      'a post-mortem in Markdown: of the given trace, or of the newest rollback, and where there is none of the newest drift (of --target and --facet)',
    excludes: ['--since', '--json', '--follow'],
  },
  { flag: '--json', about: 'one JSON object a line' },
  { flag: '-f, --follow', about: 'wait for further lines' },
  {
    flag: '--verify',
    about: 'walk the hash chain and name the first broken or missing line',
    excludes: ['--since', '--target', '--facet', '--trace', '--report', '--follow'],
  },
  {
    flag: '--witness <hash@seq>',
    about:
      'with --verify: a head of the journal that was seen elsewhere (godrift_journal_head_info); may be repeated',
    isRepeated: true,
    needs: ['--verify'],
  },
  {
    flag: '--witness-file <file>',
    about:
      'the same, many of them: HASH@SEQ lines, scraped pages, an answer of the API of Prometheus, an event log; - is standard input',
    isRepeated: true,
    needs: ['--verify'],
  },
  state,
] as const;

/** Of `rollback`. */
export const rollbackOptions = [
  { flag: '--dry-run', about: 'only show what would be done' },
  { flag: '--yes', about: 'do it without asking' },
  {
    flag: '--facet <facet>',
    about: 'what is put back',
    choices: facetsWithRollback,
    default: 'env',
  },
  {
    flag: '--key <key>',
    about: 'only this entry (env.GOFLAGS), and leave whatever else was changed; may be repeated',
    isRepeated: true,
  },
  {
    flag: '--to <record>',
    about: 'an older approval: its id (godrift baseline list), or a time at which it was in force',
  },
  json,
  target,
  exporterState,
  exporterConfig,
] as const;
