// `npm run docs`: writes the reference pages under docs/ from the catalogue (src/catalog) and the help texts of the program, so that
// they cannot say anything else than the code, and the compose demo's configurations from the shipped ones. What no table can say
// stands here as text. test/unit/contract.test.ts and test/e2e/compose.test.ts fail when something is stale.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');

/** A cell of a Markdown table: one line, no column break. */
const cell = (text) => String(text).replaceAll('|', '\\|').replaceAll('\n', ' ');
const code = (text) => (text === undefined || text === '' ? '' : `\`${text}\``);
const codes = (texts) => texts.map(code).join(', ');

/** A Markdown table from column titles and rows of cells. */
function table(titles, rows) {
  const line = (cells) => `| ${cells.map(cell).join(' | ')} |`;
  return [line(titles), line(titles.map(() => '---')), ...rows.map(line)].join('\n');
}

/** A page: what it is made from, its title, its paragraphs. */
function page(source, title, ...parts) {
  const head = `<!-- Made by \`npm run docs\` from ${source}. Change that, not this page. -->`;
  return `${[head, `# ${title}`, ...parts.map((part) => part.trim())].join('\n\n')}\n`;
}

function metricsPage({ metrics, metricName, seriesLimit }) {
  const rows = (target) =>
    table(
      ['metric', 'type', 'labels', 'most series', 'stability', 'help'],
      metrics
        .filter((row) => row.target === target)
        .map((row) => [
          code(metricName(row)),
          row.type,
          codes([...(target ? ['target'] : []), ...row.labels]),
          row.bound,
          row.stability,
          row.help,
        ]),
    );
  return page(
    'src/catalog/metrics.ts',
    'Metrics',
    `
Everything on \`/metrics\`, in the text format 0.0.4 of Prometheus. Names carry their unit; times are seconds since the epoch.

- A scrape serves the state that the last pass made (decision record 0002). The help of such a value says
  *Cached*; \`godrift_collector_last_success_timestamp_seconds\` tells its age.
- What is not known is absent, never 0. While a collector fails, its values are absent and \`godrift_collector_success\` is 0.
- Closed sets of labels are there from the start, as 0, so that \`increase()\` and \`changes()\` see the first change. What compares with a baseline
  (\`godrift_drift_…\`) is there once there is a baseline.
- Label values are at most 200 characters long and hold no secret.
- A stable name, type or label changes only with a deprecation that is announced in the change log.

A **target** is a Go environment under observation. What Prometheus calls a target is named by its labels \`job\` and \`instance\`.`,
    '## Of each target',
    `At most ${seriesLimit} series a target in all: where the bounds below add up to more, families with names from outside (variables, pins, entries, conflicts) give way, the least important series first.`,
    rows(true),
    '## Of the exporter',
    rows(false),
  );
}

function conflictsPage({ conflictRules, rulePages }) {
  return page(
    'src/catalog/rules.ts and rule-pages.ts',
    'Conflict rules',
    `
A **conflict** is a set of entries of one environment that contradict each other or predict a failing build. It needs no baseline.
\`godrift check\` names it as a finding of kind \`conflict\`, the exporter as \`godrift_conflict_info{rule, level}\`, each with the place that it
comes from and the narrowest repair. Where two rules hold, both are reported.

Levels: \`major\` a go command fails or a build comes out wrong, \`minor\` it does something that nobody asked for, \`patch\` good to know.
A level that *varies* is the highest one; the text says when it is lower.`,
    table(
      ['rule', 'level', 'facet', 'holds when'],
      conflictRules.map((row) => [
        `[${code(row.rule)}](#${row.rule})`,
        row.varies ? `${row.level} (varies)` : row.level,
        row.facet,
        row.holds,
      ]),
    ),
    ...conflictRules.map(
      ({ rule, holds }) => `
## ${code(rule)}

Holds when ${holds}.

**What go does.** ${rulePages[rule].go}

**What heals it.** ${rulePages[rule].repair}`,
    ),
  );
}

/** What each class of secrets hides. */
const secretClasses = {
  none: 'nothing, but what the next row hides where the value is a URL all the same',
  'url-userinfo':
    'user, password and query of every URL in it, the parts of its path that are no words of every proxy, and what may belong to them',
  'compiler-flags':
    'values of macros (`-DNAME=…`) but single digits, assignments, and arguments that are no compiler’s: a wrapper’s',
  'linker-values': 'the values that `-X` puts into a program, and what else may hold a token',
  arguments:
    'everything but the name of the program; in a list of them, all after the first unless Go itself names it',
  whole: 'all of it',
};

function variablesPage({ variables }) {
  const rows = (entry) =>
    table(
      ['variable', 'weight', 'level', 'exported', 'secret', 'since'],
      variables
        .filter((row) => row.entry === entry)
        .map((row) => [
          code(row.name),
          row.weight,
          row.level,
          row.exported ? 'yes' : 'no',
          row.secret,
          row.since ?? '',
        ]),
    );
  const classes = [...new Set(variables.map((row) => row.secret))];
  return page(
    'src/catalog/variables.ts',
    'Variables',
    `
What godrift knows about the variables of Go's build environment. A variable that holds what Go itself would default to is no entry.

- **weight** is the part of the semantic distance (0 to 1) that a change of it makes, **level** what the change amounts to.
- **exported**: a value other than the default is shown as \`godrift_env_info\`. Others are compared all the same.
- **since** is the first Go that reads it, where that is later than 1.21.
- **secret** says what is hidden before anything is compared, stored, logged, exported or traced. That a hidden part changed is told on the host
  that has a learned or accepted baseline, by a keyed hash in its state directory; neither value is. Of a variable that is not listed here, all is hidden.`,
    table(
      ['secret', 'hides'],
      classes.map((name) => [code(name), secretClasses[name] ?? missing(`the secret class ${name}`)]),
    ),
    '## Compared',
    rows(true),
    '## Known, not compared',
    'They follow from the toolchain and the place, or belong to the host; they are known in order to be read past or hidden.',
    rows(false),
  );
}

/** `major 1 · minor 0.5 · patch 0.1`, by the part of a version that differs; one weight where the value is no version. */
function weights(rule) {
  const one = ({ weight, level }) => `${level} ${weight}`;
  if (rule.parts === undefined) return one(rule.plain);
  return Object.entries(rule.parts)
    .map(([part, weight]) => `${part === 'same' ? 'same version, other content' : part}: ${one(weight)}`)
    .join(', ');
}

function entriesPage({ entryKeys, entryRule, facets, portableFacets }) {
  const one = ({ weight, level }) => `${level} ${weight}`;
  const rowOf = ({ key, example, value, compared }) => {
    if (compared === false) return [code(key), value, 'not compared', '', '', '', ''];
    const rule = entryRule(example);
    const added = rule.added ?? rule.presence ?? rule.plain;
    const removed = rule.presence ?? rule.plain;
    const variable = key.startsWith('env.');
    return [
      code(key),
      value,
      variable ? 'by the variable' : weights(rule),
      variable ? 'by the variable' : one(added),
      variable ? 'by the variable' : one(removed),
      codes(variable ? [] : (rule.follows ?? [])),
      variable ? '[variables](variables.md)' : rule.why,
    ];
  };
  return page(
    'src/catalog/entry-keys.ts and entries.ts',
    'Entries',
    `
What a snapshot may hold (\`godrift snapshot\`), a line an entry, and what a change of it amounts to when it is compared with a baseline: its
**level**, and its **weight** in the semantic distance (0 to 1) of its facet. Of keys that hold a version, the part that differs decides. What *follows* from a change
of another entry weighs nothing while that one changed as well.

A default is no entry, so each one means that somebody decided something. The facets ${portableFacets.map(code).join(', ')} mean the same on every machine; the
others belong to the host and are left out of \`godrift snapshot --portable\`.

So that two homes have one value, paths in values are written from \`$WORKSPACE\`, \`$GOROOT\`, \`$GOPATH\` and \`$HOME\` where they lie inside, and a \`$\` of the value itself as
\`$$\`: in snapshots, and in what \`check\`, metrics and spans say of a difference. \`godrift why\` shows a value as go has it.`,
    ...facets.flatMap((facet) => [
      `## ${facet}`,
      table(
        ['key', 'value', 'another value', 'added', 'removed', 'follows', 'why'],
        entryKeys.filter(({ key }) => key.startsWith(`${facet}.`)).map(rowOf),
      ),
    ]),
  );
}

/** For a value of the catalogue that this script has no words for. */
function missing(what) {
  throw new Error(`scripts/docs.js has no words for ${what}: add them`);
}

function spansPage({ spans, conventions }) {
  const attributes = (rows) =>
    table(
      ['attribute', 'type', 'present', 'meaning'],
      rows.map((row) => [code(row.key), row.type, row.optional ? 'not always' : 'always', row.about]),
    );
  const resource = [
    'serviceName',
    'serviceVersion',
    'serviceInstanceId',
    'hostId',
    'hostName',
    'hostArch',
    'osType',
  ];
  return page(
    'src/catalog/spans.ts',
    'Spans',
    `
To get spans, configure an OTLP endpoint ([configuration](configuration.md)). A trace starts only when something drifted: an observation without
news makes no span. Spans are projected from the journal. Their ids are stored there, so a span that is sent twice is shown once. The metric
\`godrift_drift_trace_info\` names the newest trace of each facet. Spans are never sampled away and contain no secrets.

Resource attributes: ${codes(resource.map((name) => conventions[name] ?? missing(name)))}, and those of \`OTEL_RESOURCE_ATTRIBUTES\`.`,
    ...spans.flatMap((span) => [
      `## \`${span.name}\``,
      `Kind ${span.kind}, parent: ${span.parent === 'root' ? 'none, it is the root of its trace' : code(span.parent)}.`,
      attributes(span.attributes),
      ...(span.events ?? []).flatMap((event) => [
        `Event \`${event.name}\`, at most ${event.atMost} on a span:`,
        attributes(event.attributes),
      ]),
    ]),
  );
}

const configurationIntroduction = `
godrift needs no configuration: \`godrift serve\` observes the Go workspace that the working directory belongs to, or, where there is none, the
host itself (target \`host\`: every go on the usual paths). \`godrift serve DIR…\` observes the directories named, and no targets of a file. A file is needed for names, pins,
other environments than one's own, and fleets.

A setting is taken from its flag, else its variable, else the YAML file, else its default. An empty variable counts as not set.
\`godrift config explain\` prints each setting with its value and its source, \`godrift config check\` says what is wrong with them, all at once, and tries
the web configuration.
\`godrift healthcheck\` takes address, web configuration and state directory from the same places, the YAML file included. Where a web configuration is named, or the address
answers as one does, it asks over the socket in the state directory, which needs neither password nor certificate.`;

const configurationText = `
Durations are written as in Prometheus: \`500ms\`, \`15s\`, \`1m30s\`, \`24h\`. The interval lies between 100ms and 24h.

## The YAML file

\`--config.file godrift.yml\` or \`GODRIFT_CONFIG_FILE\`. Unknown keys are errors, so a misspelt key never passes in silence. All keys are optional but the
\`name\` of a target. Paths are absolute, or begin at the file's directory where that is said; \`~\` and \`$HOME\` are not expanded. The shown values of \`interval\`, \`web\`, \`journal\`, \`log\` and, but for its file, \`event_log\` are the defaults.

\`\`\`yaml
# How often everything is looked at; changes of files are seen at once, by inotify.
interval: 15s

# Journal, baselines, learned snapshots. An absolute path.
state_directory: /var/lib/godrift

# The metrics page as a file too, for the textfile collector of node_exporter. A file, or a directory for godrift.prom.
textfile: /var/lib/node_exporter/godrift.prom

# Where this exporter is scraped, for file_sd_configs of Prometheus, while it runs.
file_sd: /run/godrift/file_sd/godrift.json

web:
  listen_address: ":9464" # all interfaces; 127.0.0.1:9464 and [::1]:9464 are understood too, and a list of them
  telemetry_path: /metrics # any path but those of other pages: /, /probe and what begins with /-/
  systemd_socket: false # true: the sockets of a .socket unit, and no address
  config: { file: /etc/godrift/web.yml } # TLS, client certificates, headers; none unless given
  max_requests: 40 # scrapes that are answered at the same time; 0: no limit
  disable_exporter_metrics: false # true: without process_* and nodejs_*

collector:
  disable: [] # facets that are not looked at: toolchain, env, modules, cache, tools, context

journal:
  unsent_limit: 512MiB # of the journal may wait for the trace endpoint or the event log (KiB, MiB, GiB; at least 16MiB)

# A line of JSON for each event; see below. An absolute path.
event_log:
  file: /var/log/godrift/events.log # none unless given
  max_size: 64MiB # at least 64KiB
  keep: 5 # rotated files, 1 to 1000

log:
  level: info # debug, info, warn, error
  format: logfmt # logfmt, json

# Targets whose drift alerts nobody: regular expressions over their names, as in Prometheus (no look-arounds); at most 20.
# They are observed and shown all the same; godrift_target_whitelisted is what alert rules subtract.
whitelist:
  - ^ci-.*-test$

# Most targets that patterns find; at most 2000.
target_limit: 200

# What an alert may have done, see docs/rollback.md. Nothing unless it is said here.
rollback:
  mode: auto # off, dry-run (only recorded), approve (waits for a person), auto
  allow: # target, or pattern over names, and facets; needed for auto
    - { target: api, facets: [env, toolchain] }
    - { pattern: ^ci-, facets: [env] }
  cooldown: 15m # after a rollback of a facet
  attempts: { max: 3, within: 24h } # of a facet
  windows: # days, hours, zone (UTC unless given)
    allow: ["mon-fri 08:00-18:00 Europe/Berlin"] # at any time unless given
    deny: ["fri 16:00-24:00 Europe/Berlin"] # goes before what is allowed
  minimum_go: "1.24" # no older toolchain comes back, whoever asks
  preflight: vet # off, vet, build: a plan that decides which Go builds is refused where that command of go fails after it
  preflight_timeout: 5m # 1s to 30m
  download: false # true: go fetches a release that a plan needs and the module cache does not have, see docs/rollback.md
  breaker: { share: 0.3, at_least: 2 } # more drifts at once are rather a wrong baseline
  quarantine: 24h # without drift, before a facet that was rolled back may be again
  approval_expiry: 1h # a plan waits so long for a person
  poll: # alerts are fetched, so that no port has to be open
    alertmanager: http://alertmanager:9093 # http or https, without a password
    interval: 15s # 1s to 24h
    instance: ci-1:9464 # what Prometheus calls this exporter; host and port of web.listen_address unless given

# Requests over TCP; off unless given.
admin:
  listen: 127.0.0.1:9465 # other addresses need a token
  tokens: # files that hold one, and what it may ask for
    - { file: /etc/godrift/rollback.token, scope: rollback } # or deployments

# What is observed. Directories on the command line replace this list.
targets:
  - name: api # label \`target\`: letters, digits, dot, underscore and hyphen, at most 63; unique
    workspace: /src/api # relative paths start at the directory of this file
    go: /usr/local/go/bin/go # default: the first go on the target's PATH
    environment: self # whose process environment would build it, see below
    pool: ci # label \`pool\` of godrift_target_info, for rules over many hosts
    baseline: auto # auto: committed, then accepted, then learned; pinned: never learned; learned, accepted: nothing else
    pins:
      go: "1.26" # exact as far as it goes: 1.26.8 will do, 1.27.0 will not. Quoted, for YAML reads 1.30 as 1.3
      go_mod: floor # the go line of go.mod and go.work: floor, as Go reads it, or exact
      tools: # versions of installed tools by name, exact as far as they go; latest and system pin nothing
        golangci-lint: "2.1.0"
    required: # variables that must have a value; at most 20
      - GOPRIVATE
    tools: # programs, or directories of them, that are tools beside those on PATH and in GOBIN; relative ones start at the workspace
      - bin
    confirm_within: 10m # a rollback here is taken back unless somebody confirms it; never unless given
    confirm_command: [/usr/bin/make, -C, /srv/checks, go] # a program that confirms by exit 0; no shell, few variables, not from the workspace

  - name: web
    workspace: /src/web
    environment: # what a login shell or a CI step wrote: env -0 > /run/godrift/web.new && mv /run/godrift/web.new /run/godrift/web.env
      from: file
      path: /run/godrift/web.env

  - name: builder
    workspace: /src/api
    environment: # the newest process that matches everything that is given here
      from: process
      exe: gopls # its path, or the last part of it
      cmdline: serve # occurs in its command line
      uid: 1000

  - name: files-only
    workspace: /src/api
    environment: none

  - name: host # no workspace: every go on the usual paths, the GOENV file of this user

  - name: src # begins the names of the targets that are found, see below; one pattern may go without
    workspace: /src/*
    go: # one go, or several: each with every workspace
      - /usr/local/go*/bin/go
\`\`\`

## Targets that are found

\`workspace: /src/*\` stands for every directory there with a \`go.mod\`, a \`go.work\` or a baseline; \`godrift serve '/src/*'\` is the same without a file. \`*\` is any text and
\`?\` one character of a name, \`**\` any number of directories (at most eight, without \`vendor\`, \`testdata\`, \`node_modules\` and what begins with a dot or an underscore; not
below a \`go.work\`). \`go\` takes a list, and patterns too: one target for each go and workspace. Patterns are expanded on the host, in containers too.

- **Names** are the path below the fixed part, \`/\` written as \`--\`: \`/src/*\` finds \`api\`, with \`name: src\` it is \`src--api\`, with several go \`src--api--go1.26\`. What a name cannot hold, or
  what could mean two paths, ends in \`---\` and a digest of the path. Other patterns, other targets and restarts change no name.
- **They appear and vanish** with their directories: most within a second, all within an interval (of very large trees, fifty times as long as it takes to look through them).
  A vanished target has no series; its journal line says which drift is open, and that drift goes on, or is resolved, when it comes back, with all its counters.
  A directory that loses its \`go.mod\` and has a baseline stays, and drifts.
- **A target of the configuration** with the same directory goes before: the pattern does not find it again.
- **At most \`target_limit\`** are observed; those that are observed stay, over a restart too. Of a pattern at most 20000 directories are looked at, in turns of those who
  own them, and all patterns for 20 s: whoever makes too many is not looked through to the end, and others are ([0084](decisions/0084-those-who-own-a-tree-take-turns.md)). What is left out stands in
  the log, and in \`godrift_discovery_skipped_targets\` and \`godrift_discovery_incomplete\`. What cannot be read is not taken for gone.
- **Many at once** are one line of the journal, with their number and some names (\`others\`); what comes and goes all day is told a few times, then once an hour as it is
  ([0080](decisions/0080-who-comes-and-goes.md)).
- **Of those that are gone** the newest 1000 are remembered; beyond them the oldest are forgotten, but for baselines that somebody accepted. The end of an open drift is told before.
- **Links** below the fixed part are not followed, and directories are read with the rights of whoever owns them. A workspace that becomes a link is gone.

## The page as a file

\`--textfile /var/lib/node_exporter\` keeps the metrics page in \`godrift.prom\` there (or in the file that is named), for the textfile collector of node_exporter. A file that holds
anything else is left alone. It is replaced whole after each change and once an interval at least, with mode 0644 and never through a link, and removed when godrift stops; after a kill it stays, and its age is
\`node_textfile_mtime_seconds\`. It is written once every target was looked at.

## Environments

The go that answers and the variables that it sees depend on who starts it. A target says whose process environment counts; the source is the
label \`environment_source\` of \`godrift_target_info\`.

| environment | variables |
| --- | --- |
| \`self\` | those of godrift itself: right in a terminal, misleading in a service |
| \`none\` | none but \`HOME\`, which is the home that the user of godrift has in passwd, whatever \`HOME\` of godrift itself says: the GOENV file, \`$GOROOT/go.env\` and the workspace decide |
| \`{from: file, path: …}\` | a file of \`NAME=value\` with a NUL after each, as \`env -0\` and \`/proc/<pid>/environ\` write it. Write another file and \`mv\` it there: half a file is read as it is; an empty one is \`malformed\`, as a shell leaves it until the program behind \`>\` has begun |
| \`{from: process, exe: …, cmdline: …, uid: …}\` | those of another process, by \`/proc\`; its own root directory where that is another one (a container) |
| \`{from: build, uid: …}\` | those of the newest \`go\`, \`gopls\` or compiler that ran in or below the workspace, by \`/proc\`, remembered in memory when it has ended; its root while a process is left there |

When they cannot be read, \`godrift_target_readable\` is 0 and its label \`reason\` says why: \`absent\`, \`denied\`, \`malformed\` or \`not-found\` (no process matches). Of processes it says
what the kernel found wanting (ptrace(2); one whose executable may not be seen is known by the name that it gives itself): \`uid\` (another user's), \`gid\` (another group's), \`capabilities\` (it has some that godrift lacks), \`hidepid\` (/proc hides those of others),
\`no-shared-pid-namespace\` (a container of its own: \`build\` then looks at the files that are mounted).
The same series says when a look at the target itself failed: \`timeout\` (a file system or a command gives no answer), \`crashed\` (its thread died),
\`system-error\` (out of descriptors or memory, or a disk that gives errors: what could not be read is not taken for absent), \`failed\`. It is tried again,
and no other target waits for it.
A process's variables are those that it was started with; reading them needs its uid or root. Anybody can start a process of any name, so without \`uid\` only processes of root, of
godrift's own user and of the owner of the workspace's directory on the host count: give \`uid\` for a container whose user is another one. What another user's environment
names is read with that user's rights: what it may not read is \`denied\` or told as \`permission denied\`.

## \`.godrift.yml\` in a workspace

A workspace may say what it demands: \`pins\` and \`required\`, nothing else, for a pull request must not configure a host. \`check\` and \`serve\` read it, and \`serve\` sees its
changes without a reload. The configuration of the host wins: its \`pins.go\` and its tools go before, \`go_mod: exact\` on either side holds, \`required\` adds up.
\`check\` refuses a damaged file (exit code 2); \`serve\` says so in its log and goes on without it.

\`\`\`yaml
pins:
  go: "1.26"
  go_mod: floor
required:
  - GOPRIVATE
\`\`\`

\`godrift check\` reads this file and no \`--config.file\`. Where the exporter gives the workspace a name other than \`default\`, \`--target\` names it, so that
\`check\` compares with the same baseline.

\`baseline accept\`, \`baseline show\`, \`waiver add\` and \`deployment mark\` find the target by themselves: they ask the running exporter which of its targets is
the directory (else the configuration, where \`--config.file\` or \`GODRIFT_CONFIG_FILE\` names one), and look with that target's settings. Where several targets are one
directory, they refuse until \`--target\` says which; where the running exporter does not observe it, they say so.

## The state directory

The first of: \`--state-directory\`, \`GODRIFT_STATE_DIRECTORY\`, \`state_directory\` in the file, \`$STATE_DIRECTORY\` (systemd sets it; the first of several), \`$XDG_STATE_HOME/godrift\`,
\`~/.local/state/godrift\`. Nothing is written anywhere else.

- It is made with mode 0700. A directory that is a symbolic link, belongs to another user, or can be written by group or others is refused (exit code 2),
  and so are the first and the last of these by commands that only read: whoever can write there could plant a baseline. What belongs to another user they read, and \`check\` says whose it is.
- One process at a time: a second \`serve\` on the same directory is refused. \`check\`, \`events\` and \`baseline show\` only read, beside a running exporter too.
- Where it cannot be written (read-only, full, no permission), drifts are served and not recorded; \`godrift_state_directory_writable\` is 0, and each write tries again.
- It holds the journal (\`journal/\`), baselines (\`targets/\`), positions of what is sent (\`cursors/\`), a mark that the directory is godrift's (\`godrift-state\`), a random key (\`key\`), the switch
  that keeps Go's telemetry off in commands that godrift runs (\`telemetry/\`) and the socket \`admin.sock\`.
  Where the path is too long for a socket, the socket alone lies below \`$XDG_RUNTIME_DIR\`, else below the temporary directory.

## Traces

Set one of the two endpoints and every drift is sent as a trace, by OTLP over HTTP. Without an endpoint the journal alone keeps it.

| variable | effect |
| --- | --- |
| \`OTEL_EXPORTER_OTLP_ENDPOINT\`, \`OTEL_EXPORTER_OTLP_TRACES_ENDPOINT\` | where spans go; the first gets \`/v1/traces\` appended, the second is taken as it is |
| \`OTEL_EXPORTER_OTLP_HEADERS\`, \`OTEL_EXPORTER_OTLP_TRACES_HEADERS\` | headers of the requests, \`name=value\` with commas between; one that HTTP does not allow is left out, and the log says which |
| \`OTEL_EXPORTER_OTLP_TIMEOUT\`, \`OTEL_EXPORTER_OTLP_TRACES_TIMEOUT\` | limit of one request in milliseconds; 10000 where it is none, which the log says |
| \`OTEL_EXPORTER_OTLP_COMPRESSION\`, \`OTEL_EXPORTER_OTLP_TRACES_COMPRESSION\` | \`gzip\` or \`none\` |
| \`OTEL_EXPORTER_OTLP_CERTIFICATE\`, \`OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE\`, \`OTEL_EXPORTER_OTLP_CLIENT_KEY\` | files for TLS; each also with \`_TRACES_\` after \`OTLP\` |
| \`OTEL_SERVICE_NAME\`, \`OTEL_RESOURCE_ATTRIBUTES\` | who emits; they win over what godrift finds out |
| \`OTEL_SDK_DISABLED=true\`, \`OTEL_TRACES_EXPORTER=none\` | nothing is sent |
| \`OTEL_EXPORTER_PROMETHEUS_HOST\`, \`OTEL_EXPORTER_PROMETHEUS_PORT\` | the default of \`web.listen_address\` |

Other \`OTEL_*\` variables have no effect; samplers neither: no drift is sampled away.

## Proxies

What godrift sends (spans, notifications of \`check --notify\`) and the Alertmanager that it asks go through a proxy where the environment of godrift names one, by the rules that Go programs have:

| variable | effect |
| --- | --- |
| \`HTTPS_PROXY\`, \`https_proxy\` | the proxy for \`https\` addresses, \`http://\` or \`https://\`, with user and password where it asks for them |
| \`HTTP_PROXY\`, \`http_proxy\` | the same for \`http\` addresses |
| \`NO_PROXY\`, \`no_proxy\` | what is asked for directly, with commas between: \`example.com\` and all below it, \`.example.com\` below it alone, \`10.0.0.0/8\`, \`10.0.0.1:4318\`, \`*\` |

This machine (\`localhost\`, \`127.0.0.0/8\`, \`::1\`) is never asked for through a proxy. The program says \`godrift/VERSION\` as its \`User-Agent\`.

## Event log

With \`event_log.file\` every line of the journal is also a line of JSON in that file, for whatever ships logs:

\`\`\`json
{"alert_id":"6f0c…","severity":"warning","source":"godrift","summary":"api: env drifted (minor): env.GOFLAGS (none) → -trimpath","ts":1795417200123,"context":{"type":"drift","journal":{"sequence":7,"hash":"9b1d…"},"target":"api","workspace":"/src/api","facet":"env","facets":["env"],"level":"minor","cause":"unknown","old_fingerprint":"sha256:…","new_fingerprint":"sha256:…","baseline":"pinned","change_ratio":0.1,"semantic_distance":0.5,"changes":[{"key":"env.GOFLAGS","new":"-trimpath"}],"changes_omitted":0},"trace_id":"4bf9…","span_id":"00f0…"}
\`\`\`

- \`ts\` is in milliseconds. Onset and end of a drift have one \`alert_id\` and one \`trace_id\`; events without a span have empty ids.
- \`writers\` in the \`context\` of a drift says who probably wrote the files behind it, where something is known of that: \`path\`, \`facets\`, \`changed\` (ms), \`confidence\` (\`likely\` or \`possible\`) and \`how\` (\`git\`, \`open\`,
  \`owner\`) with what belongs to it ([0090](decisions/0090-who-probably-wrote-it.md)).
- \`severity\`: \`info\` for patch, \`warning\` for minor, \`error\` for major, \`critical\` where a build would succeed wrongly (a corrupt cache, a rebuilt toolchain).
- It is written by a cursor of its own behind the journal: a full disk delays it, and a kill neither loses a line nor writes one twice. What waits is bounded by
  \`journal.unsent_limit\`; \`godrift_event_log_pending_events\` tells how much that is. The first start with it begins there and then; a start without it gives up what waits.
- A name in the state directory, of the configuration or of the metrics page is refused at the start, wherever links lead; the same holds for \`textfile\` and \`file_sd\`.
- It is made 0600, whatever the umask; one that is there already keeps its mode. Nothing is written through a symbolic link, into a file with a second name, or into another user's.
- Before it grows beyond \`event_log.max_size\` it is moved to \`FILE.1\`, \`FILE.1\` to \`FILE.2\` and so on, \`event_log.keep\` of them. logrotate may do that instead (also with
  \`copytruncate\`): a file that is gone, or another one, is opened anew at the next event, and after SIGHUP in any case.

## Reload and signals

| signal | effect |
| --- | --- |
| SIGHUP | reads the configuration again |
| SIGTERM, SIGINT | stops: the last spans are sent for at most three seconds, exit code 0; a second one ends the process at once, exit code 1 |

\`curl --unix-socket "$STATE/admin.sock" -X POST http://godrift/-/reload\` reloads too and answers 200, or 400 with what is wrong. A bad
configuration leaves the old one in force, and \`godrift_config_last_reload_successful\` is 0. \`godrift_config_hash\` is the file in force as a number, the first 12 digits of its \`sha256sum\`:
\`count_values("hash", godrift_config_hash)\` and the dashboard of exporters show who has another one. A reload takes over the interval, the targets and the log level. What it refuses
to change, for it takes a restart: \`state_directory\`, \`web.listen_address\`, \`web.systemd_socket\`, \`web.config.file\` (its content is read anew all the time), \`web.telemetry_path\`,
\`web.max_requests\`, \`web.disable_exporter_metrics\`, \`collector.disable\`, \`textfile\`, \`file_sd\`, \`log.format\`, \`journal.unsent_limit\`, \`event_log\` and \`admin\`.

## Pages

| path | answer |
| --- | --- |
| \`/metrics\` | the metrics, see [metrics](metrics.md); 503 when they cannot be made, never half a page |
| \`/\` | the state of every target, for people: the worst first, filtered and sorted by the links on the page, without a script; it reloads itself every 15 s (\`?refresh=off\` stops that) |
| \`/-/healthy\` | 200 while the process answers |
| \`/-/ready\` | 200 once every target was looked at, 503 before |

## One target a scrape

\`/probe?target=NAME\` has the series of that one target and \`godrift_probe_success\`, for a Prometheus that shards, or has other labels for each. It answers 404 for a name that is
not observed, 400 without a name, 503 before the first look at the target.

\`\`\`yaml
scrape_configs:
  - job_name: godrift-targets
    metrics_path: /probe
    static_configs:
      - targets: [api, web]
    relabel_configs:
      - source_labels: [__address__]
        target_label: __param_target
      - target_label: __address__
        replacement: builder-1:9464
\`\`\`

## Found by Prometheus

On a host with several exporters, of users or of jobs, each listens at a port that is free (\`--web.listen-address 127.0.0.1:0\`) and says with \`--file-sd FILE.json\` where it is scraped: with the
scheme and the path, in a file for \`file_sd_configs\` that is there from when it listens until it stops ([0113](decisions/0113-an-exporter-says-where-it-is-scraped.md)).

\`\`\`yaml
scrape_configs:
  - job_name: godrift
    file_sd_configs:
      - files: [/run/godrift/file_sd/*.json]
    tls_config: # for those with TLS
      ca_file: /etc/prometheus/godrift-ca.crt
\`\`\`

The directory is for those alone who run exporters: who may write there can have Prometheus scrape any address. A host with one exporter that always runs is better named by \`static_configs\`.

## Some facets a scrape

\`/metrics?collect[]=env&collect[]=toolchain\` has the series of these facets only, \`/metrics?exclude[]=cache\` those of all others; what belongs to no facet (targets, baselines, the exporter
itself) is on each page. Another name is answered with 400. Rules that ask for a facet which no job scrapes never fire: have one job that scrapes all of it. A facet that is not to be
looked at by anybody is named in \`collector.disable\`; it is then neither compared nor told, and \`godrift_collector_success\` has no series of it.

\`\`\`yaml
scrape_configs:
  - job_name: godrift-toolchains
    params:
      collect[]: [toolchain]
    static_configs:
      - targets: [builder-1:9464]
\`\`\``;

const exitCodesText = `
A reader that goes (\`godrift check | head -1\`) changes none of it: what is under way goes on to its end, and the exit code is that of the whole answer. Where standard output takes nothing (a full disk), all else
is done as well; 2 says that the answer is lost, and the line on stderr which exit code it would have had ([0141](decisions/0141-what-nobody-reads-is-done-to-its-end.md)).`;

/** What ends a command with each code. */
function exitCodesTable({ exitCodes, somethingFound }) {
  const found = somethingFound
    .map(({ what, commands }) => `${what.replaceAll(/--[\w-]+/g, code)} (${codes(commands)})`)
    .join(', ');
  return table(
    ['code', 'meaning'],
    Object.entries(exitCodes).map(([value, about]) => [value, value === '1' ? `${about}: ${found}` : about]),
  );
}

function configurationPage({ serveOptions, configFileOption, ...exits }) {
  return page(
    'src/catalog/options.ts and scripts/docs.js',
    'Configuration',
    configurationIntroduction,
    '## Settings',
    table(
      ['YAML key', 'flag', 'variable', 'default', 'meaning'],
      [configFileOption, ...serveOptions].map((row) => [
        code(row.key),
        code(row.flag),
        code(row.env),
        code(row.default),
        row.about,
      ]),
    ),
    configurationText,
    '## Exit codes',
    exitCodesTable(exits),
    exitCodesText,
  );
}

/** The pages that the catalogue makes, by file name below docs/. `catalogue` has all exports of src/catalog, and `seriesLimit` of src/tell/metrics/samples.ts. */
export function cataloguePages(catalogue) {
  return {
    'metrics.md': metricsPage(catalogue),
    'conflicts.md': conflictsPage(catalogue),
    'entries.md': entriesPage(catalogue),
    'variables.md': variablesPage(catalogue),
    'spans.md': spansPage(catalogue),
    'configuration.md': configurationPage(catalogue),
  };
}

/** Names in the `Commands:` section of a help text, without the help command itself. */
function subcommands(help) {
  const [, section = ''] = /^Commands:\n((?: .*\n?)*)/m.exec(help) ?? [];
  return [...section.matchAll(/^ {2}([a-z][\w-]*)/gm)]
    .map(([, name]) => name)
    .filter((name) => name !== 'help');
}

/** docs/cli.md; `run` answers what the program prints for the arguments given, 80 columns wide as on any pipe. */
export async function commandsPage(run) {
  const sections = [];
  const visit = async (words) => {
    const help = await run([...words, '--help']);
    sections.push(`## \`${['godrift', ...words].join(' ')}\``, `\`\`\`text\n${help.trim()}\n\`\`\``);
    for (const name of subcommands(help)) await visit([...words, name]);
  };
  await visit([]);
  return page(
    'the help texts of src/cli/program.ts',
    'Commands',
    'What `--help` says, for every command. Exit codes and settings: [configuration](configuration.md).',
    ...sections,
  );
}

/** Everything that pages are made from, bundled, since Node 20 reads no TypeScript. The catalogue is pure: a data URL is enough. */
async function loadCatalogue() {
  const files = [
    'metrics',
    'rules',
    'rule-pages',
    'entries',
    'entry-keys',
    'facets',
    'variables',
    'spans',
    'options',
    'exit-codes',
  ].map((name) => `./src/catalog/${name}.ts`);
  const { outputFiles } = await build({
    stdin: {
      contents: [
        ...files.map((file) => `export * from '${file}';`),
        "export { seriesLimit } from './src/tell/metrics/samples.ts';",
        "export { commands } from './src/catalog/commands.ts';",
        "export { manPage } from './src/tell/man-page.ts';",
      ].join('\n'),
      resolveDir: root,
    },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    logLevel: 'warning',
  });
  return await import(
    `data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`
  );
}

/** Calls `use` with a way to run the program of this checkout, built aside so that dist/ is left alone. */
async function withProgram(use) {
  const outdir = mkdtempSync(path.join(tmpdir(), 'godrift-docs-'));
  try {
    await build({
      entryPoints: { godrift: path.join(root, 'src/cli/main.ts') },
      outdir,
      outExtension: { '.js': '.mjs' },
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'node',
      target: 'node20.19',
      logLevel: 'error',
      banner: {
        js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
      },
    });
    const run = promisify(execFile);
    return await use(
      async (args) => (await run(process.execPath, [path.join(outdir, 'godrift.mjs'), ...args])).stdout,
    );
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

/** The compose demo's configurations by their paths in the repository. */
async function demoFiles() {
  const outfile = path.join(root, 'build/shipped.mjs');
  await build({
    entryPoints: [path.join(root, 'src/demo/shipped.ts')],
    outfile,
    bundle: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
    logLevel: 'warning',
  });
  const { composeFiles } = await import(outfile);
  rmSync(outfile);
  const shipped = (name) => readFileSync(path.join(root, 'prometheus', `${name}.yml`), 'utf8');
  return composeFiles({ prometheus: shipped('prometheus'), alertmanager: shipped('alertmanager') });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const catalogue = await loadCatalogue();
  const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  const pages = {
    ...cataloguePages(catalogue),
    'cli.md': await withProgram(commandsPage),
    'godrift.1': catalogue.manPage(catalogue.commands, version),
  };
  for (const [name, text] of Object.entries(pages)) writeFileSync(path.join(root, 'docs', name), text);
  for (const [name, text] of Object.entries(await demoFiles())) writeFileSync(path.join(root, name), text);
  console.log(`wrote ${Object.keys(pages).length} pages: ${Object.keys(pages).join(', ')}`);
}
