/**
 * The table of commands: name, arguments, options, help text and examples. The command-line program, its help
 * and docs/cli.md are generated from these rows, in this order. The implementations are in cli/actions.ts.
 */
import { cacheCommands } from './cache-commands.ts';
import {
  blameOptions,
  checkOptions,
  demoOptions,
  eventsOptions,
  exporterConfig,
  exporterState,
  json,
  rollbackOptions,
  selector,
  state,
  target,
} from './command-options.ts';
import type { CommandRow } from './command-row.ts';
import { comparisonRules } from './comparison-rules.ts';
import { explainCommands } from './explain-commands.ts';
import { facets } from './facets.ts';
import { configFileOption, shells } from './options.ts';
import { rollbackCommands } from './rollback-commands.ts';
import { conflictRules } from './rules.ts';

const ruleNames = [...comparisonRules, ...conflictRules].map(({ rule }) => rule);

/** All commands, in the order in which help lists them. */
export const commands = [
  {
    path: 'serve',
    arguments: '[dirs...]',
    about: 'run the exporter: /metrics, traces, status page',
    hasSettings: true,
    examples: [
      'godrift serve',
      'godrift serve ~/src/api',
      'godrift serve --config.file godrift.yml --web.listen-address 127.0.0.1:9464',
    ],
  },
  {
    path: 'check',
    arguments: '[dir]',
    about: 'check a workspace once against its pins and its baseline',
    options: checkOptions,
    examples: [
      'godrift check',
      'godrift check ~/src/api --fail-on major',
      'godrift check --cache',
      'godrift check --baseline-ref origin/main --require-baseline',
      'godrift check --json | jq .findings',
      'godrift check --format sarif --output godrift.sarif',
      'godrift check --fix-hints > fix.sh',
      'godrift check --notify alertmanager+http://alertmanager:9093',
      'godrift check --notify-url-file /etc/godrift/slack.url',
    ],
  },
  {
    path: 'blame',
    arguments: '[command...]',
    about:
      'find out which change of the environment makes a command fail, by running it in isolated variants of the environment; the command follows -- (default go build ./...)',
    options: blameOptions,
    note: 'Exit code: 0 if the command passes, 1 if a cause was found, 2 if none was found.',
    examples: [
      'godrift blame',
      'godrift blame -- go test ./billing/...',
      'godrift blame --against 2026-11-22 -- make',
      `godrift blame -- sh -c 'test "$(go run .)" = 42'`,
    ],
  },
  {
    path: 'snapshot',
    arguments: '[dir]',
    about: 'print the snapshot of a workspace (sorted key=value lines)',
    options: [
      { flag: '--portable', about: 'only the entries that can be committed as .godrift.snapshot' },
      { flag: '--json', about: 'print the entries as one JSON object' },
      {
        flag: '-o, --output <file>',
        about: 'write to this file, replacing it (a symlink is replaced, not followed); - is standard output',
      },
    ],
    examples: ['godrift snapshot --portable --output .godrift.snapshot'],
  },
  {
    path: 'diff',
    arguments: '<a> <b>',
    about:
      'compare two snapshot files; exit 1 if they differ. If one is portable, only the facets that it holds are compared',
    options: [json],
    examples: [
      'godrift diff old.snapshot new.snapshot',
      'godrift diff .godrift.snapshot <(ssh builder godrift snapshot --portable src/app)',
    ],
  },
  ...explainCommands,
  { path: 'baseline', about: 'show or approve the baseline that a target is compared with', isGroup: true },
  {
    path: 'baseline accept',
    arguments: '[dir]',
    about: 'approve the current state of a workspace as its baseline on this host',
    options: [
      { flag: '--reason <text>', about: 'why; recorded with user and time', isRequired: true },
      target,
      state,
      exporterConfig,
    ],
    examples: ['godrift baseline accept --reason "go 1.27 rollout"'],
  },
  {
    path: 'baseline show',
    arguments: '[dir]',
    about: 'print the baseline that applies',
    options: [json, target, state, exporterConfig],
  },
  {
    path: 'baseline list',
    arguments: '[dir]',
    about: 'list the approved baselines of this host that a rollback can return to, newest first',
    options: [json, target, state, exporterConfig],
  },
  {
    path: 'rollback',
    arguments: '[dir]',
    about:
      'restore the environment of a workspace to its accepted baseline: shows the plan, asks, applies and verifies it, and reverts it if verification fails',
    options: rollbackOptions,
    examples: [
      'godrift rollback --dry-run',
      'godrift rollback --yes',
      'godrift rollback --key GOFLAGS',
      'godrift rollback --to 2026-11-22T08:00:00Z --dry-run',
    ],
  },
  ...rollbackCommands,
  ...cacheCommands,
  {
    path: 'events',
    about:
      'print the journal line by line; with --since, --target or --facet print a timeline instead: onset, cause, duration, end and trace of each drift',
    options: eventsOptions,
    examples: [
      'godrift events --since 2h',
      'godrift events --target api --facet env',
      'godrift events --trace 4bf92f35',
      'godrift events --report --target api > post-mortem.md',
      'godrift events --follow',
      'godrift events --verify',
      'curl -sG http://prometheus:9090/api/v1/series -d "match[]=godrift_journal_head_info{instance=\'ci-1:9464\'}" | godrift events --verify --witness-file -',
    ],
  },
  {
    path: 'demo',
    arguments: '[scenarios...]',
    argumentValues: ['goflags', 'toolchain', 'env', 'gowork', 'cache', 'rollback', 'all'],
    about: 'make a Go environment drift and heal in a sandbox, and show what go and godrift report',
    options: demoOptions,
    note: `Scenarios: goflags (a forgotten go env -w), toolchain (another go first on PATH), env (a required variable is gone),
gowork (a stray go.work), cache (damaged bytes in the build cache), rollback (back to the accepted baseline), all.`,
    examples: [
      'godrift demo',
      'godrift demo rollback',
      'godrift demo toolchain env',
      'godrift demo all --with-servers --speed slow',
    ],
  },
  {
    path: 'demo sink',
    about:
      'print the requests that a webhook receives; docker-compose.yml runs it as receiver of its Alertmanager',
    options: [{ flag: '--listen <address>', about: 'host:port', default: ':9099' }],
  },
  { path: 'waiver', about: 'manage waivers: exceptions with a reason and an expiry', isGroup: true },
  {
    path: 'waiver add',
    arguments: '[dir]',
    about: 'waive findings of a workspace for a limited time',
    options: [
      ...selector,
      { flag: '--reason <text>', about: 'why; recorded with user and time', isRequired: true },
      {
        flag: '--expires <when>',
        about: 'a duration from now (7d) or a date (2026-12-31); at most one year',
        isRequired: true,
      },
      { flag: '--facet <facet>', about: 'only findings of this facet', offered: facets },
      { flag: '--rule <rule>', about: 'only findings of this rule', offered: ruleNames },
      {
        flag: '--key <key>',
        about: 'only findings of this key (env.GOFLAGS or GOFLAGS); a final * matches any suffix',
      },
    ],
    examples: [
      'godrift waiver add --key env.GOFLAGS --reason "profiling this week" --expires 7d',
      "godrift waiver add --target-pattern 'lab-.*' --facet tools --reason lab --expires 2026-12-31",
    ],
  },
  { path: 'waiver list', about: 'print the waivers', options: [json, exporterState] },
  { path: 'waiver remove', arguments: '<id>', about: 'end a waiver now', options: [exporterState] },
  { path: 'deployment', about: 'announce deployments, during which drift is expected', isGroup: true },
  {
    path: 'deployment mark',
    arguments: '[dir]',
    about: 'record that a deployment begins: alerts are muted for its grace period',
    options: [
      ...selector,
      { flag: '--reason <text>', about: 'what is deployed; recorded with user and time', isRequired: true },
      {
        flag: '--grace <duration>',
        about: 'how long drift is expected; at most 60m',
        default: '15m',
      },
    ],
    examples: ['godrift deployment mark --target api --reason "go 1.27 rollout" --grace 30m'],
  },
  {
    path: 'deployment list',
    about: 'print the latest deployment of each target',
    options: [json, exporterState],
  },
  {
    path: 'targets',
    about: 'list the targets of a running exporter',
    options: [
      json,
      {
        flag: '--snapshots',
        about: 'print JSON that includes the entries of each target; input for godrift what-if',
      },
      exporterState,
    ],
  },
  {
    path: 'shell-init',
    arguments: '<shell>',
    argumentValues: shells,
    about:
      'print the shell code (bash, zsh, fish) of envsnap, which saves and restores the Go build variables of the running shell without starting a process',
    options: [
      {
        flag: '--hot-reload',
        about: 'when another shell publishes a snapshot, roll back to it at the next prompt',
      },
    ],
    examples: [
      'eval "$(godrift shell-init bash)"',
      'eval "$(godrift shell-init zsh --hot-reload)"',
      'godrift shell-init fish | source',
    ],
  },
  {
    path: 'completion',
    arguments: '<shell>',
    argumentValues: shells,
    about: 'print the completion script for a shell (bash, zsh, fish)',
    examples: [
      'eval "$(godrift completion bash)"',
      'godrift completion zsh > "${fpath[1]}/_godrift"',
      'godrift completion fish > ~/.config/fish/completions/godrift.fish',
    ],
  },
  { path: 'config', about: 'check or explain the configuration', isGroup: true },
  {
    path: 'config check',
    about: 'read the configuration and report every error in it',
    hasSettings: true,
  },
  {
    path: 'config explain',
    about: 'print every setting with its value and where it comes from',
    options: [json],
    hasSettings: true,
  },
  {
    path: 'healthcheck',
    about: 'ask a running exporter whether it is healthy; exit 0 if it is, else 1',
    options: [
      { flag: configFileOption.flag, about: `${configFileOption.about} (${configFileOption.env})` },
      {
        flag: '--web.listen-address <address>',
        about: 'address of the exporter, as given to serve (default :9464)',
      },
      {
        flag: '--web.config.file <file>',
        about:
          'web configuration of the exporter, as given to serve; the query then goes to the socket in its state directory',
      },
      exporterState,
    ],
    examples: [
      'godrift healthcheck',
      'godrift healthcheck --web.listen-address 127.0.0.1:9464 --state-directory /var/lib/godrift',
    ],
  },
  { path: 'version', about: 'print version, revision and runtime', options: [json] },
] as const satisfies readonly CommandRow[];

/** The full name of a command that can be run, such as `baseline accept`; groups are excluded. */
export type CommandPath = Exclude<(typeof commands)[number], { readonly isGroup: true }>['path'];
