/** The command table: names, options, help with examples. Each action loads its command when it is called. */
import { Command, CommanderError, Option } from 'commander';
import { AppError } from '../catalog/errors.ts';
import { configFileOption, serveOptions } from '../catalog/options.ts';
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
    .option('--json', 'print one JSON document (schema godrift.check/1)')
    .option('--target <name>', 'name of the target, as the exporter calls it')
    .option('--state-directory <dir>', 'where the exporter keeps its state')
    .addHelpText(
      'after',
      examples(
        'godrift check',
        'godrift check ~/src/api --fail-on major',
        'godrift check --cache',
        'godrift check --json | jq .findings',
      ),
    )
    .action(async (dir: string | undefined, options: Record<string, string | boolean>) => {
      const { runCheck } = await import('./commands/check.ts');
      done(
        await runCheck(terminal, dir, {
          failOn: String(options['failOn']),
          json: options['json'] === true,
          cache: options['cache'] === true,
          ...pick(options, 'target', 'stateDirectory'),
        }),
      );
    });

  program
    .command('snapshot [dir]')
    .description('print the snapshot of a workspace (sorted key=value lines)')
    .option('--portable', 'only what may be committed as .godrift.snapshot')
    .option('--json', 'print the entries as one JSON object')
    .addHelpText('after', examples('godrift snapshot --portable > .godrift.snapshot'))
    .action(async (dir: string | undefined, options: { portable?: boolean; json?: boolean }) => {
      const { runSnapshot } = await import('./commands/snapshot.ts');
      done(await runSnapshot(terminal, dir, options));
    });

  program
    .command('diff <a> <b>')
    .description('compare two snapshot files; exit 1 when they differ')
    .option('--json', 'print one JSON document')
    .addHelpText('after', examples('godrift diff old.snapshot new.snapshot'))
    .action(async (a: string, b: string, options: { json?: boolean }) => {
      const { runDiff } = await import('./commands/snapshot.ts');
      done(await runDiff(terminal, a, b, options));
    });

  const baseline = program.command('baseline').description('what a target is compared with');
  baseline
    .command('accept [dir]')
    .description('approve the present state of a workspace as its baseline on this host')
    .requiredOption('--reason <text>', 'why (kept with who and when)')
    .option('--target <name>', 'name of the target')
    .option('--state-directory <dir>', 'where the state is kept')
    .addHelpText('after', examples('godrift baseline accept --reason "go 1.27 rollout"'))
    .action(async (dir: string | undefined, options: Record<string, string>) => {
      const { runBaselineAccept } = await import('./commands/baseline.ts');
      done(
        await runBaselineAccept(terminal, dir, {
          reason: options['reason'] ?? '',
          ...pick(options, 'target', 'stateDirectory'),
        }),
      );
    });
  baseline
    .command('show [dir]')
    .description('print the baseline that applies')
    .option('--json', 'print one JSON document')
    .option('--target <name>', 'name of the target')
    .option('--state-directory <dir>', 'where the state is kept')
    .action(async (dir: string | undefined, options: Record<string, string | boolean>) => {
      const { runBaselineShow } = await import('./commands/baseline.ts');
      done(
        await runBaselineShow(terminal, dir, {
          json: options['json'] === true,
          ...pick(options, 'target', 'stateDirectory'),
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
    .description('print the journal')
    .option('--json', 'one JSON object a line')
    .option('-f, --follow', 'wait for further lines')
    .option('--verify', 'walk the hash chain and name the first broken line')
    .option('--state-directory <dir>', 'where the state is kept')
    .addHelpText('after', examples('godrift events --follow', 'godrift events --verify'))
    .action(async (options: Record<string, string | boolean>) => {
      const { runEvents } = await import('./commands/events.ts');
      done(
        await runEvents(terminal, {
          json: options['json'] === true,
          follow: options['follow'] === true,
          verify: options['verify'] === true,
          ...pick(options, 'stateDirectory'),
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

/** The named string options that were given. */
function pick<K extends string>(
  options: Readonly<Record<string, string | boolean>>,
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
