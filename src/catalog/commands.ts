/**
 * Every command, once: what it is called, what it takes, what it is for. The program, its help and docs/cli.md are made from these rows, in this
 * order; what a command does is in cli/actions.ts.
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

/** The commands, in the order of help. */
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
    about: 'one look at a workspace against its pins and baseline',
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
      'find what makes a command fail: tries it in worlds that differ from the present one, which nothing leaves (after --; go build ./... unless given)',
    options: blameOptions,
    note: 'Exit code: 1 with a cause, 0 where the command passes, 2 where no cause was found.',
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
      { flag: '--portable', about: 'only what may be committed as .godrift.snapshot' },
      { flag: '--json', about: 'print the entries as one JSON object' },
      {
        flag: '-o, --output <file>',
        about: 'write to a file, which is replaced and never followed; - is standard output',
      },
    ],
    examples: ['godrift snapshot --portable --output .godrift.snapshot'],
  },
  {
    path: 'diff',
    arguments: '<a> <b>',
    about:
      'compare two snapshot files, a portable one with a whole one as far as the portable one goes; exit 1 when they differ',
    options: [json],
    examples: [
      'godrift diff old.snapshot new.snapshot',
      'godrift diff .godrift.snapshot <(ssh builder godrift snapshot --portable src/app)',
    ],
  },
  ...explainCommands,
  { path: 'baseline', about: 'what a target is compared with', isGroup: true },
  {
    path: 'baseline accept',
    arguments: '[dir]',
    about: 'approve the present state of a workspace as its baseline on this host',
    options: [
      { flag: '--reason <text>', about: 'why (kept with who and when)', isRequired: true },
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
    about: 'print what was accepted on this host and could be rolled back to, the newest first',
    options: [json, target, state, exporterConfig],
  },
  {
    path: 'rollback',
    arguments: '[dir]',
    about:
      'put the environment of a workspace back to what was accepted: shows the plan, asks, does it, verifies it, and undoes it if that failed',
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
      'print the journal, line by line; with --since, --target or --facet as a timeline: onset, cause, duration, end and trace of each drift',
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
    about: 'let a Go environment drift and heal in a sandbox, and show what everybody says of it',
    options: demoOptions,
    note: `Scenarios: goflags (a forgotten go env -w), toolchain (another go first on PATH), env (a required variable is gone),
gowork (a stray go.work), cache (damaged bytes in the build cache), rollback (put back as it was accepted), all.`,
    examples: [
      'godrift demo',
      'godrift demo rollback',
      'godrift demo toolchain env',
      'godrift demo all --with-servers --speed slow',
    ],
  },
  {
    path: 'demo sink',
    about: "print what a webhook is sent: the receiver of docker-compose.yml's Alertmanager",
    options: [{ flag: '--listen <address>', about: 'host:port', default: ':9099' }],
  },
  { path: 'waiver', about: 'exceptions with a reason and an expiry', isGroup: true },
  {
    path: 'waiver add',
    arguments: '[dir]',
    about: 'waive findings of a workspace until a time',
    options: [
      ...selector,
      { flag: '--reason <text>', about: 'why (kept with who and when)', isRequired: true },
      {
        flag: '--expires <when>',
        about: 'a duration from now (7d) or a date (2026-12-31); at most a year',
        isRequired: true,
      },
      { flag: '--facet <facet>', about: 'findings of this facet only', offered: facets },
      { flag: '--rule <rule>', about: 'findings of this rule only', offered: ruleNames },
      {
        flag: '--key <key>',
        about: 'findings of this key only (a variable by its name alone, too); a final * stands for any end',
      },
    ],
    examples: [
      'godrift waiver add --key env.GOFLAGS --reason "profiling this week" --expires 7d',
      "godrift waiver add --target-pattern 'lab-.*' --facet tools --reason lab --expires 2026-12-31",
    ],
  },
  { path: 'waiver list', about: 'print the waivers', options: [json, exporterState] },
  { path: 'waiver remove', arguments: '<id>', about: 'end a waiver now', options: [exporterState] },
  { path: 'deployment', about: 'deployments, whose drift is expected', isGroup: true },
  {
    path: 'deployment mark',
    arguments: '[dir]',
    about: 'say that a deployment begins: alerts keep quiet for its grace',
    options: [
      ...selector,
      { flag: '--reason <text>', about: 'what is deployed (kept with who and when)', isRequired: true },
      {
        flag: '--grace <duration>',
        about: 'how long its drift is expected; at most 60m',
        default: '15m',
      },
    ],
    examples: ['godrift deployment mark --target api --reason "go 1.27 rollout" --grace 30m'],
  },
  {
    path: 'deployment list',
    about: 'print the newest deployment of each target',
    options: [json, exporterState],
  },
  {
    path: 'targets',
    about: 'what a running exporter observes',
    options: [
      json,
      { flag: '--snapshots', about: 'as JSON, each with its entries: to be saved for godrift what-if' },
      exporterState,
    ],
  },
  {
    path: 'shell-init',
    arguments: '<shell>',
    argumentValues: shells,
    about:
      'print what defines envsnap in a shell (bash, zsh, fish): save the variables of a Go build, and roll back to them without a process',
    options: [
      {
        flag: '--hot-reload',
        about: 'roll back at the next prompt when another shell publishes a snapshot',
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
    about: 'print the completions of commands and options for a shell (bash, zsh, fish)',
    examples: [
      'eval "$(godrift completion bash)"',
      'godrift completion zsh > "${fpath[1]}/_godrift"',
      'godrift completion fish > ~/.config/fish/completions/godrift.fish',
    ],
  },
  { path: 'config', about: 'the configuration', isGroup: true },
  {
    path: 'config check',
    about: 'read the configuration and say what is wrong with it',
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
    about: 'ask a running exporter whether it is healthy; exit 0 or 1',
    options: [
      { flag: configFileOption.flag, about: `${configFileOption.about} (${configFileOption.env})` },
      {
        flag: '--web.listen-address <address>',
        about: 'where it listens, as serve was told (default :9464)',
      },
      {
        flag: '--web.config.file <file>',
        about:
          'its web configuration, as serve was told: it is then asked over the socket in its state directory',
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

/** The words of a command that does something. */
export type CommandPath = Exclude<(typeof commands)[number], { readonly isGroup: true }>['path'];
