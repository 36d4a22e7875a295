/** The command table: names, options, help with examples. Each action loads its command when it is called. */
import { Command, CommanderError, Option } from 'commander';
import { AppError } from '../catalog/errors.ts';
import { type Facet, facets } from '../catalog/facets.ts';
import { checkFormats, configFileOption, destinationKinds, serveOptions } from '../catalog/options.ts';
import type { CheckOptions } from './commands/check.ts';
import { parseDuration } from './duration.ts';
import type { Flags } from './settings.ts';
import type { Terminal } from './terminal.ts';
import { version } from './version.ts';

/** Adds the options that every command with settings shares; commander keys are the YAML keys. */
function withSettings(command: Command): Command {
  command.option(`${configFileOption.flag}`, `${configFileOption.about} (${configFileOption.env})`);
  for (const row of serveOptions) {
    command.option(
      row.flag,
      `${row.about} (${row.env}${row.default === '' ? '' : `, default ${row.default}`})`,
    );
  }
  return command;
}

/** Commander stores `--web.listen-address` as `web.listenAddress`; back to the key of the catalogue. */
function flagsOf(options: Record<string, unknown>): Flags {
  const flags: Record<string, string> = {};
  for (const [name, value] of Object.entries(options)) {
    if (typeof value === 'string')
      flags[name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)] = value;
  }
  return flags as Flags;
}

function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}\n`;
}

/** Collects an option that may be repeated. */
function repeated(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** The options of `check`, as commander gives them. Throws AppError for those that do not go together. */
function checkOptionsOf(options: Record<string, string | boolean | string[]>): CheckOptions {
  const { json, format, notify, notifyUrlFile, notifyWindow, writeDiff } = options;
  if (json === true && format !== undefined && format !== 'json')
    throw new AppError('cannot print two formats', '--json and --format were given', 'give one of them');
  if (options['fixHints'] === true && (json === true || format !== undefined))
    throw new AppError('cannot print two formats', '--fix-hints is one of its own', 'give one of them');
  const windowMs = parseDuration(String(notifyWindow));
  if (windowMs === undefined || windowMs > 30 * 86_400_000)
    throw new AppError('cannot use --notify-window', 'it is no duration up to 30d', 'write 24h, for example');
  const lists = {
    notify: [notify ?? []].flat() as string[],
    notifyUrlFile: [notifyUrlFile ?? []].flat() as string[],
  };
  return {
    failOn: options['failOn'] as CheckOptions['failOn'],
    format: json === true ? 'json' : ((format ?? 'text') as CheckOptions['format']),
    cache: options['cache'] === true,
    quiet: options['quiet'] === true,
    fixHints: options['fixHints'] === true,
    ...(writeDiff === undefined
      ? {}
      : { writeDiff: writeDiff === true ? 'env-fingerprint.diff' : String(writeDiff) }),
    ...(lists.notify.length + lists.notifyUrlFile.length === 0
      ? {}
      : {
          notify: { ...lists, notifyWindowMs: windowMs, ...pick(options, 'notifyKind', 'notifyTokenFile') },
        }),
    requireBaseline: options['requireBaseline'] === true,
    ...pick(options, 'target', 'stateDirectory', 'output', 'textfile', 'baselineRef'),
  };
}

/** Builds the program; each action sets the exit code through `done`. */
function createProgram(terminal: Terminal, done: (code: number) => void): Command {
  const program = new Command('godrift')
    .description(
      'Watches what decides a Go build and says when it drifts. Without a command: check, then what to try next.',
    )
    .usage('[options] [command]')
    .version(version, '-V, --version', 'print the version')
    .helpCommand(true)
    .configureOutput({
      writeOut: (text) => terminal.stdout.write(text),
      writeErr: (text) => terminal.stderr.write(text),
      // Errors are told in the words and form of all others: see refusal.
      outputError: () => {},
    })
    .exitOverride()
    .showHelpAfterError(false)
    .addHelpText(
      'after',
      examples(
        'godrift',
        'godrift check --json',
        'godrift serve ~/src/api ~/src/web',
        'godrift baseline accept --reason "go 1.27 rollout"',
      ),
    );

  program.argument('[command]').action(async (unknown: string | undefined) => {
    if (unknown !== undefined)
      throw new AppError(`cannot run ${unknown}`, 'there is no such command', 'see godrift --help');
    const { runWelcome } = await import('./commands/check.ts');
    done(await runWelcome(terminal));
  });

  withSettings(
    program.command('serve [dirs...]').description('run the exporter: /metrics, traces, status page'),
  )
    .addHelpText(
      'after',
      examples(
        'godrift serve',
        'godrift serve ~/src/api',
        'godrift serve --config.file godrift.yml --web.listen-address 127.0.0.1:9464',
      ),
    )
    .action(async (dirs: string[], options: Record<string, unknown>) => {
      const { runServe } = await import('./commands/serve.ts');
      done(await runServe(terminal, flagsOf(options), dirs));
    });

  program
    .command('check [dir]')
    .description('one look at a workspace against its pins and baseline')
    .addOption(
      new Option('--fail-on <level>', 'exit 1 for findings at or above this level')
        .choices(['patch', 'minor', 'major'])
        .default('minor'),
    )
    .option(
      '--cache',
      'audit the build cache and the files of the toolchain now; otherwise what a running exporter knows',
    )
    .addOption(new Option('--format <format>', 'what to print').choices(checkFormats))
    .option('--json', 'the same as --format json: one JSON document (schema godrift.check/1)')
    .option('-q, --quiet', 'print only the findings that decide the exit code')
    .option('-o, --output <file>', 'write the format to a file, and print the text')
    .option('--fix-hints', 'print the repairs as a script for your shell (sh, fish), to be read and sourced')
    .option(
      '--write-diff [file]',
      'where the baseline is not met, write what differs (--write-diff=FILE; default env-fingerprint.diff)',
    )
    .option('--require-baseline', 'exit 1 when there is nothing to compare with')
    .option(
      '--baseline-ref <revision>',
      'compare with the committed baseline of this git revision, and say when the working tree has another',
    )
    .option('--textfile <file>', "write the metrics for node_exporter's textfile collector")
    .option('--notify <url>', 'tell an Alertmanager, Slack, WeCom or a webhook; may be repeated', repeated)
    .option('--notify-url-file <file>', 'the same with the URL in a file; may be repeated', repeated)
    .addOption(
      new Option('--notify-kind <kind>', 'what the URLs lead to, where they do not say it').choices(
        destinationKinds,
      ),
    )
    .option('--notify-token-file <file>', 'bearer token, or the secret of a WeCom application')
    .option('--notify-window <duration>', 'how long the same is not told again', '24h')
    .option('--target <name>', 'name of the target, as the exporter calls it')
    .option('--state-directory <dir>', 'where the exporter keeps its state')
    .addHelpText(
      'after',
      examples(
        'godrift check',
        'godrift check ~/src/api --fail-on major',
        'godrift check --cache',
        'godrift check --baseline-ref origin/main --require-baseline',
        'godrift check --json | jq .findings',
        'godrift check --format sarif --output godrift.sarif',
        'godrift check --fix-hints > fix.sh',
        'godrift check --notify alertmanager+http://alertmanager:9093',
        'godrift check --notify-url-file /etc/godrift/slack.url',
      ),
    )
    .action(async (dir: string | undefined, options: Record<string, string | boolean | string[]>) => {
      const { runCheck } = await import('./commands/check.ts');
      done(await runCheck(terminal, dir, checkOptionsOf(options)));
    });

  program
    .command('snapshot [dir]')
    .description('print the snapshot of a workspace (sorted key=value lines)')
    .option('--portable', 'only what may be committed as .godrift.snapshot')
    .option('--json', 'print the entries as one JSON object')
    .option('-o, --output <file>', 'write to a file, which is replaced and never followed')
    .addHelpText('after', examples('godrift snapshot --portable --output .godrift.snapshot'))
    .action(
      async (dir: string | undefined, options: { portable?: boolean; json?: boolean; output?: string }) => {
        const { runSnapshot } = await import('./commands/snapshot.ts');
        done(await runSnapshot(terminal, dir, options));
      },
    );

  program
    .command('diff <a> <b>')
    .description('compare two snapshot files; exit 1 when they differ')
    .option('--json', 'print one JSON document')
    .addHelpText('after', examples('godrift diff old.snapshot new.snapshot'))
    .action(async (a: string, b: string, options: { json?: boolean }) => {
      const { runDiff } = await import('./commands/snapshot.ts');
      done(runDiff(terminal, a, b, options));
    });

  const baseline = program.command('baseline').description('what a target is compared with');
  baseline
    .command('accept [dir]')
    .description('approve the present state of a workspace as its baseline on this host')
    .requiredOption('--reason <text>', 'why (kept with who and when)')
    .option('--target <name>', 'name of the target, as the exporter calls it')
    .option('--state-directory <dir>', 'where the state is kept')
    .option(configFileOption.flag, `configuration of the exporter (${configFileOption.env})`)
    .addHelpText('after', examples('godrift baseline accept --reason "go 1.27 rollout"'))
    .action(async (dir: string | undefined, options: Record<string, string>) => {
      const { runBaselineAccept } = await import('./commands/baseline.ts');
      done(
        await runBaselineAccept(terminal, dir, {
          reason: options['reason'] ?? '',
          ...whichOf(options),
        }),
      );
    });
  baseline
    .command('show [dir]')
    .description('print the baseline that applies')
    .option('--json', 'print one JSON document')
    .option('--target <name>', 'name of the target, as the exporter calls it')
    .option('--state-directory <dir>', 'where the state is kept')
    .option(configFileOption.flag, `configuration of the exporter (${configFileOption.env})`)
    .action(async (dir: string | undefined, options: Record<string, string | boolean>) => {
      const { runBaselineShow } = await import('./commands/baseline.ts');
      done(
        await runBaselineShow(terminal, dir, {
          json: options['json'] === true,
          ...whichOf(options),
        }),
      );
    });

  const cache = program
    .command('cache')
    .description('the build cache (GOCACHE): what is wrong in it, and repair');
  const cacheCommand = (name: string, about: string) =>
    cache
      .command(`${name} [dir]`)
      .description(about)
      .option('--gocache <dir>', 'this cache, and not that of the workspace')
      .option('--json', 'print one JSON document')
      .option('--state-directory <dir>', 'where the exporter keeps its state');
  const cacheOptions = (options: Record<string, string | boolean>) => ({
    json: options['json'] === true,
    ...pick(options, 'gocache', 'stateDirectory'),
  });
  cacheCommand(
    'verify',
    'read every output of the build cache and hold it against its name; exit 1 for damage',
  )
    .addHelpText(
      'after',
      examples(
        'godrift cache verify',
        'godrift cache verify --gocache /var/cache/go-build',
        'godrift cache verify --json | jq .corrupt',
      ),
    )
    .action(async (dir: string | undefined, options: Record<string, string | boolean>) => {
      const { runCacheVerify } = await import('./commands/cache.ts');
      done(await runCacheVerify(terminal, dir, cacheOptions(options)));
    });
  cacheCommand(
    'repair',
    'remove damaged outputs and the action entries that lead to them, so that go builds them anew; says what it would do, unless --yes is given',
  )
    .option('--yes', 'do it')
    .addHelpText(
      'after',
      examples(
        'godrift cache repair',
        'godrift cache repair --yes',
        'godrift cache repair --gocache /var/cache/go-build --yes',
      ),
    )
    .action(async (dir: string | undefined, options: Record<string, string | boolean>) => {
      const { runCacheRepair } = await import('./commands/cache.ts');
      done(await runCacheRepair(terminal, dir, { ...cacheOptions(options), yes: options['yes'] === true }));
    });

  program
    .command('events')
    .description(
      'print the journal, line by line; with --since, --target or --facet as a timeline: onset, cause, duration, end and trace of each drift',
    )
    .option(
      '--since <when>',
      'what happened or lasted since then: a duration back from now (2h, 7d) or a time',
    )
    .option('--target <name>', 'of this target only')
    .addOption(new Option('--facet <facet>', 'of this facet only').choices(facets))
    .option('--json', 'one JSON object a line')
    .option('-f, --follow', 'wait for further lines')
    .option('--verify', 'walk the hash chain and name the first broken or missing line')
    .option(
      '--witness <hash@seq>',
      'with --verify: a head of the journal that was seen elsewhere (godrift_journal_head_info); may be repeated',
      repeated,
    )
    .option(
      '--witness-file <file>',
      'the same, many of them: HASH@SEQ lines, scraped pages, an answer of the API of Prometheus, an event log; - is standard input',
      repeated,
    )
    .option('--state-directory <dir>', 'where the state is kept')
    .addHelpText(
      'after',
      examples(
        'godrift events --since 2h',
        'godrift events --target api --facet env',
        'godrift events --follow',
        'godrift events --verify',
        'curl -sG http://prometheus:9090/api/v1/series -d "match[]=godrift_journal_head_info{instance=\'ci-1:9464\'}" | godrift events --verify --witness-file -',
      ),
    )
    .action(async (options: Record<string, string | boolean | string[]>) => {
      const { runEvents } = await import('./commands/events.ts');
      done(
        await runEvents(terminal, {
          json: options['json'] === true,
          follow: options['follow'] === true,
          verify: options['verify'] === true,
          witness: [options['witness'] ?? []].flat() as string[],
          witnessFile: [options['witnessFile'] ?? []].flat() as string[],
          ...pick(options, 'stateDirectory', 'since', 'target'),
          ...(options['facet'] === undefined ? {} : { facet: options['facet'] as Facet }),
        }),
      );
    });

  const demo = program
    .command('demo [scenarios...]')
    .description('let a Go environment drift and heal on a scratch stage, and show what everybody says of it')
    .option('--with-servers', 'with a Prometheus, an Alertmanager and a Jaeger of this machine')
    .option('--servers <dir>', 'where their programs are, or in folders of it, before PATH')
    .option('--keep', 'keep everything running at the end, and the stage on disk')
    .addOption(
      new Option(
        '--speed <pace>',
        'how long to pause between paragraphs (default normal on a terminal)',
      ).choices(['fast', 'normal', 'slow']),
    )
    .addHelpText(
      'after',
      `
Scenarios: goflags (a forgotten go env -w), toolchain (another go first on PATH), env (a required variable is gone),
gowork (a stray go.work), cache (damaged bytes in the build cache), all.
${examples('godrift demo', 'godrift demo toolchain env', 'godrift demo all --with-servers --speed slow')}`,
    )
    .action(async (names: string[], options: Record<string, string | boolean>) => {
      const { runDemo } = await import('./commands/demo.ts');
      const { servers, speed } = pick(options, 'servers', 'speed');
      done(
        await runDemo(terminal, names, {
          withServers: options['withServers'] === true,
          keep: options['keep'] === true,
          ...(servers === undefined ? {} : { servers }),
          ...(speed === undefined ? {} : { speed: speed as 'fast' | 'normal' | 'slow' }),
        }),
      );
    });
  demo
    .command('sink')
    .description("print what a webhook is sent: the receiver of docker-compose.yml's Alertmanager")
    .option('--listen <address>', 'host:port', ':9099')
    .action(async (options: { listen: string }) => {
      const { runDemoSink } = await import('./commands/demo.ts');
      done(await runDemoSink(terminal, options.listen));
    });
  addExemptions(program, terminal, done);

  const config = program.command('config').description('the configuration');
  withSettings(
    config.command('check').description('read the configuration and say what is wrong with it'),
  ).action(async (options: Record<string, unknown>) => {
    const { runConfigCheck } = await import('./commands/config.ts');
    done(await runConfigCheck(terminal, flagsOf(options)));
  });
  withSettings(
    config
      .command('explain')
      .description('print every setting with its value and where it comes from')
      .option('--json', 'print one JSON document'),
  ).action(async (options: Record<string, unknown>) => {
    const { runConfigExplain } = await import('./commands/config.ts');
    done(await runConfigExplain(terminal, flagsOf(options), options['json'] === true));
  });

  program
    .command('healthcheck')
    .description('ask a running exporter whether it is healthy; exit 0 or 1')
    .option(configFileOption.flag, `${configFileOption.about} (${configFileOption.env})`)
    .option('--web.listen-address <address>', 'where it listens, as serve was told (default :9464)')
    .action(async (options: Record<string, unknown>) => {
      const { runHealthcheck } = await import('./commands/healthcheck.ts');
      done(await runHealthcheck(terminal, flagsOf(options)));
    });

  program
    .command('version')
    .description('print version, revision and runtime')
    .option('--json', 'print one JSON document')
    .action(async (options: { json?: boolean }) => {
      const { runVersion } = await import('./commands/version.ts');
      done(runVersion(terminal, options.json === true));
    });
  return program;
}

/** `waiver` and `deployment`: what is exempt, and what a running exporter says of its targets. */
function addExemptions(program: Command, terminal: Terminal, done: (code: number) => void): void {
  const selector = (command: Command) =>
    command
      .option('--target <name>', 'name of the target, wherever its workspace lies')
      .option('--target-pattern <regexp>', 'every target whose name matches')
      .option('--state-directory <dir>', 'where the exporter keeps its state')
      .option(configFileOption.flag, `configuration of the exporter (${configFileOption.env})`);
  const list = (
    command: Command,
    run: (json: boolean, options: { stateDirectory?: string }) => Promise<number>,
  ) =>
    command
      .option('--json', 'print one JSON document')
      .option('--state-directory <dir>', 'where the exporter keeps its state')
      .action(async (options: Record<string, string | boolean>) =>
        done(await run(options['json'] === true, pick(options, 'stateDirectory'))),
      );

  const waiver = program.command('waiver').description('exceptions with a reason and an expiry');
  selector(waiver.command('add [dir]').description('waive findings of a workspace until a time'))
    .requiredOption('--reason <text>', 'why (kept with who and when)')
    .requiredOption('--expires <when>', 'a duration from now (7d) or a date (2026-12-31); at most a year')
    .option('--facet <facet>', 'findings of this facet only')
    .option('--rule <rule>', 'findings of this rule only')
    .option('--key <key>', 'findings of this key only; a final * stands for any end')
    .addHelpText(
      'after',
      examples(
        'godrift waiver add --key env.GOFLAGS --reason "profiling this week" --expires 7d',
        "godrift waiver add --target-pattern '^lab-' --facet tools --reason lab --expires 2026-12-31",
      ),
    )
    .action(async (dir: string | undefined, options: Record<string, string>) => {
      const { runWaiverAdd } = await import('./commands/exemption.ts');
      done(
        await runWaiverAdd(terminal, dir, {
          reason: options['reason'] ?? '',
          expires: options['expires'] ?? '',
          ...whichOf(options),
          ...pick(options, 'targetPattern', 'facet', 'rule', 'key'),
        }),
      );
    });
  list(waiver.command('list').description('print the waivers'), async (json, options) => {
    const { runWaiverList } = await import('./commands/exemption.ts');
    return runWaiverList(terminal, { json, ...options });
  });
  waiver
    .command('remove <id>')
    .description('end a waiver now')
    .option('--state-directory <dir>', 'where the exporter keeps its state')
    .action(async (id: string, options: Record<string, string>) => {
      const { runWaiverRemove } = await import('./commands/exemption.ts');
      done(await runWaiverRemove(terminal, id, pick(options, 'stateDirectory')));
    });

  const deployment = program.command('deployment').description('deployments, whose drift is expected');
  selector(
    deployment
      .command('mark [dir]')
      .description('say that a deployment begins: alerts keep quiet for its grace'),
  )
    .requiredOption('--reason <text>', 'what is deployed (kept with who and when)')
    .option('--grace <duration>', 'how long its drift is expected; at most 60m', '15m')
    .addHelpText(
      'after',
      examples('godrift deployment mark --target api --reason "go 1.27 rollout" --grace 30m'),
    )
    .action(async (dir: string | undefined, options: Record<string, string>) => {
      const { runDeploymentMark } = await import('./commands/exemption.ts');
      done(
        await runDeploymentMark(terminal, dir, {
          reason: options['reason'] ?? '',
          grace: options['grace'] ?? '15m',
          ...whichOf(options),
          ...pick(options, 'targetPattern'),
        }),
      );
    });
  list(
    deployment.command('list').description('print the newest deployment of each target'),
    async (json, options) => {
      const { runDeploymentList } = await import('./commands/exemption.ts');
      return runDeploymentList(terminal, { json, ...options });
    },
  );

  list(program.command('targets').description('what a running exporter observes'), async (json, options) => {
    const { runTargets } = await import('./commands/targets.ts');
    return await runTargets(terminal, { json, ...options });
  });
}

/** The options by which a command finds the target that it is meant for. Commander stores `--config.file` as `config.file`. */
function whichOf(options: Readonly<Record<string, string | boolean>>) {
  const configFile = pick(options, 'config.file')['config.file'];
  return {
    ...pick(options, 'target', 'stateDirectory'),
    ...(configFile === undefined ? {} : { configFile }),
  };
}

/** The named string options that were given. */
function pick<K extends string>(
  options: Readonly<Record<string, string | boolean | readonly string[]>>,
  ...names: readonly K[]
): { readonly [P in K]?: string } {
  const picked: { [P in K]?: string } = {};
  for (const name of names) {
    const value = options[name];
    if (typeof value === 'string') picked[name] = value;
  }
  return picked;
}

/** What commander says of arguments, as one line that names the command and its help. */
function refusal(program: Command, argv: readonly string[], error: CommanderError): AppError {
  let command = program;
  let called = program.name();
  for (const word of argv) {
    const next = command.commands.find((one) => one.name() === word);
    if (next === undefined) break;
    command = next;
    called += ` ${word}`;
  }
  const why = error.message.replace(/^error: /, '').replace(/\.?\s*\n\s*/g, ' ');
  return new AppError(`cannot run ${called}`, why.replace(/\.$/, ''), `see ${called} --help`);
}

/** Runs the program and returns its exit code (contract §1). AppErrors pass through. */
export async function runProgram(argv: readonly string[], terminal: Terminal): Promise<number> {
  let code = 0;
  const program = createProgram(terminal, (value) => {
    code = value;
  });
  try {
    await program.parseAsync(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return 0;
    // A group without its verb: commander has printed the help.
    if (error.code === 'commander.help') return 2;
    throw refusal(program, argv, error);
  }
  return code;
}
