/**
 * Settings from flags, environment, YAML file and defaults, in this order. The source of each value is kept
 * for `config explain`. Reads files; starts nothing.
 */

import path from 'node:path';
import { AppError } from '../../catalog/errors.ts';
import type { Facet } from '../../catalog/facets.ts';
import {
  configFileOption,
  logFormats,
  logLevels,
  type OptionKey,
  serveOptions,
} from '../../catalog/options.ts';
import { committedFile } from '../../drift/committed.ts';
import { sha256Hex } from '../../host/digest.ts';
import { readFile, stampOf } from '../../host/files.ts';
import type { TargetEntry } from '../../observe/discovery/entries.ts';
import type { TargetSettings } from '../../observe/target.ts';
import { hasBaseline } from '../../store/peek.ts';
import { stateDirectoryPath } from '../../store/state-directory.ts';
import type { EventLogSettings } from '../../tell/events/event-log.ts';
import { type NamedFile, pageFile, refuseOverlaps, refuseStdout } from '../own-files.ts';
import {
  type ConfiguredTargets,
  configuredTargets,
  namedDirectories,
  plainTarget,
} from './configured-targets.ts';
import { evaluateAll } from './mistakes.ts';
import { type RollbackSettings, rollbackSettingsOf } from './rollback-settings.ts';
import {
  choiceOf,
  eventLogOf,
  facetsOf,
  fileSdOf,
  intervalOf,
  type Setting,
  targetLimitOf,
  unsentLimitOf,
} from './setting-values.ts';
import { type WebOptions, webOptionsOf } from './web-options.ts';

/** Flags of the command line, by the key of the option. */
export type Flags = Readonly<Partial<Record<OptionKey | 'config.file', string>>>;

export interface Settings extends RollbackSettings, WebOptions {
  readonly intervalMs: number;
  readonly stateDirectory: string;
  /** Facets whose collectors are disabled. */
  readonly disabledCollectors: readonly Facet[];
  /** Absolute path of the file or directory to which the metrics page is written as well; `''` for none. */
  readonly textfile: string;
  /** Absolute path of the file through which Prometheus discovers this exporter; `''` for none. */
  readonly fileSd: string;
  /** Bytes of the journal that may wait for the trace endpoint. */
  readonly unsentLimitBytes: number;
  /** Undefined if no event log is configured. */
  readonly eventLog?: EventLogSettings;
  readonly logLevel: string;
  readonly logFormat: string;
  readonly configFile?: string;
  /** SHA-256 of the configuration file; undefined where none is named. */
  readonly configFingerprint?: string;
  readonly targets: readonly TargetSettings[];
  /** Entries with patterns, which find further targets. */
  readonly entries: readonly TargetEntry[];
  /** Most targets that patterns may find. */
  readonly targetLimit: number;
  /** Name patterns of targets whose drift raises no alert. */
  readonly whitelist: readonly string[];
  readonly explained: Readonly<Record<OptionKey, Setting>>;
}

/**
 * Returns the nearest directory from `directory` upward that has a go.work, a go.mod or a baseline; undefined
 * if there is none. A baseline counts, so that a module whose go.mod is gone is compared with its own
 * baseline, and not with the module above it.
 */
function findWorkspace(directory: string, isAccepted: (workspace: string) => boolean): string | undefined {
  for (let here = path.resolve(directory); ; here = path.dirname(here)) {
    for (const name of ['go.mod', 'go.work', committedFile]) {
      const stamp = stampOf({ root: '/', path: path.join(here, name) });
      // The shell creates an empty file before `snapshot > .godrift.snapshot` writes to it.
      if (stamp !== undefined && !stamp.directory && (name !== committedFile || stamp.size > 0)) return here;
    }
    if (isAccepted(here)) return here;
    if (here === path.dirname(here)) return undefined;
  }
}

/**
 * Returns the targets without a configuration: the named directories, else the current module, else the host
 * itself. A baseline of the current module may be in the state directory, under the target's name. `patterns`
 * as in {@link namedDirectories}.
 */
export function defaultTargets(
  directories: readonly string[],
  cwd: string,
  {
    stateDirectory,
    name = 'default',
    patterns = false,
  }: { readonly stateDirectory: string; readonly name?: string; readonly patterns?: boolean },
): ConfiguredTargets {
  if (directories.length > 0)
    return namedDirectories(
      directories.map((directory) => path.resolve(cwd, directory)),
      { patterns },
    );
  const workspace = findWorkspace(cwd, (directory) =>
    hasBaseline(stateDirectory, { name, workspace: directory }),
  );
  const target = workspace === undefined ? plainTarget('host', '') : plainTarget('default', workspace);
  return { targets: [target], entries: [] };
}

/** Reads the configuration file. `namedBy` is the flag or variable that names it. Throws AppError. */
async function readConfig(file: string, namedBy: string) {
  const { configLimits } = await import('./strict-yaml.ts');
  const read = readFile({ root: '/', path: file }, configLimits.bytes);
  if (!read.ok) throw new AppError(`cannot read ${file}`, read.why, `write it, or correct ${namedBy}`);
  const { configSchema, parseConfig } = await import('./config-file.ts');
  return {
    config: parseConfig(configSchema, read.bytes.toString('utf8'), file, configLimits),
    fingerprint: sha256Hex(read.bytes),
  };
}

/**
 * Reads the configuration file, and returns its error so that it can be reported together with other
 * mistakes.
 */
async function triedConfig(file: string, namedBy: string) {
  try {
    return await readConfig(file, namedBy);
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
}

function listenDefault(env: ReadonlyMap<string, string>): Setting {
  const host = env.get('OTEL_EXPORTER_PROMETHEUS_HOST');
  const port = env.get('OTEL_EXPORTER_PROMETHEUS_PORT');
  if (host === undefined && port === undefined)
    return { value: ':9464', source: 'default', from: 'built in' };
  return {
    value: `${host ?? ''}:${port ?? '9464'}`,
    source: 'environment',
    from: 'OTEL_EXPORTER_PROMETHEUS_*',
  };
}

/** Returns the value that the configuration file gives each option. */
function valuesOf(
  file: Awaited<ReturnType<typeof readConfig>>['config'] | undefined,
): Partial<Record<OptionKey, string | undefined>> {
  const text = (value: number | boolean | undefined) => (value === undefined ? undefined : String(value));
  return {
    interval: file?.interval,
    state_directory: file?.state_directory,
    target_limit: text(file?.target_limit),
    'web.listen_address': file?.web?.listen_address?.join(','),
    'web.systemd_socket': text(file?.web?.systemd_socket),
    'web.config.file': file?.web?.config?.file,
    'web.telemetry_path': file?.web?.telemetry_path,
    'web.max_requests': text(file?.web?.max_requests),
    'web.disable_exporter_metrics': text(file?.web?.disable_exporter_metrics),
    'collector.disable': file?.collector?.disable?.join(','),
    textfile: file?.textfile,
    file_sd: file?.file_sd,
    'journal.unsent_limit': file?.journal?.unsent_limit,
    'event_log.file': file?.event_log?.file,
    'event_log.max_size': file?.event_log?.max_size,
    'event_log.keep': text(file?.event_log?.keep),
    'log.level': file?.log?.level,
    'log.format': file?.log?.format,
  };
}

/** Returns the default of an option. */
function defaultOf(row: (typeof serveOptions)[number], env: ReadonlyMap<string, string>): Setting {
  if (row.key === 'web.listen_address') return listenDefault(env);
  if (row.key !== 'state_directory') return { value: row.default, source: 'default', from: 'built in' };
  const from = 'the state directory of the service or the user';
  return { value: stateDirectoryPath(env), source: 'default', from };
}

/**
 * Returns every option with its value and source. A flag overrides a variable, and a variable overrides the
 * file.
 */
function explain(
  flags: Flags,
  env: ReadonlyMap<string, string>,
  fileValues: ReturnType<typeof valuesOf>,
  configFile: string,
): Record<OptionKey, Setting> {
  const settingOf = (row: (typeof serveOptions)[number]): Setting => {
    const flag = flags[row.key];
    if (flag !== undefined) return { value: flag, source: 'flag', from: row.flag.split(' ')[0] as string };
    const variable = env.get(row.env);
    if (variable !== undefined && variable !== '')
      return { value: variable, source: 'environment', from: row.env };
    const fromFile = fileValues[row.key];
    if (fromFile !== undefined) return { value: fromFile, source: 'file', from: configFile };
    return defaultOf(row, env);
  };
  const explained = {} as Record<OptionKey, Setting>;
  for (const row of serveOptions) explained[row.key] = settingOf(row);
  return explained;
}

/**
 * Lists the files that an exporter writes outside of its state directory: the metrics page, the discovery
 * file, and the event log with the names that it rotates to.
 */
function writtenFiles(
  textfile: string,
  fileSd: string,
  eventLog: EventLogSettings | undefined,
): readonly NamedFile[] {
  const page = textfile === '' ? [] : [{ file: pageFile(textfile), option: 'textfile' }];
  const pages = fileSd === '' ? page : [...page, { file: fileSd, option: 'file_sd' }];
  if (eventLog === undefined) return pages;
  const logs = ['', ...Array.from({ length: eventLog.keep }, (_, index) => `.${index + 1}`)];
  return [...pages, ...logs.map((end) => ({ file: `${eventLog.file}${end}`, option: 'event_log.file' }))];
}

/** Reads all settings. Throws AppError that lists every bad value, whatever its source. */
export async function readSettings(
  flags: Flags,
  env: ReadonlyMap<string, string>,
  directories: readonly string[],
  cwd: string,
): Promise<Settings> {
  const given = flags['config.file'];
  const named = given ?? env.get(configFileOption.env) ?? '';
  const configFile = named === '' ? undefined : path.resolve(cwd, named);
  const namedBy = given === undefined ? configFileOption.env : '--config.file';
  const read = configFile === undefined ? undefined : await triedConfig(configFile, namedBy);
  const file = read instanceof AppError ? undefined : read?.config;
  const explained = explain(flags, env, valuesOf(file), named);
  const textfile = explained.textfile.value === '' ? '' : path.resolve(cwd, explained.textfile.value);
  const stateDirectory = explained.state_directory.value;
  const { config, eventLog, web, rollback, targets, ...values } = evaluateAll({
    config: () => {
      if (read instanceof AppError) throw read;
      return read;
    },
    intervalMs: () => intervalOf(explained.interval),
    targetLimit: () => targetLimitOf(explained.target_limit),
    unsentLimitBytes: () => unsentLimitOf(explained['journal.unsent_limit']),
    eventLog: () => eventLogOf(explained, cwd),
    fileSd: () => fileSdOf(explained.file_sd, cwd),
    logLevel: () => choiceOf(explained['log.level'], logLevels, 'log level'),
    logFormat: () => choiceOf(explained['log.format'], logFormats, 'log format'),
    disabledCollectors: () => facetsOf(explained['collector.disable']),
    web: () => webOptionsOf(explained, cwd),
    rollback: () => rollbackSettingsOf(file),
    targets: () =>
      directories.length === 0 && configFile !== undefined && file?.targets !== undefined
        ? configuredTargets(file.targets, path.dirname(configFile))
        : defaultTargets(directories, cwd, { stateDirectory, patterns: true }),
  });
  refuseStdout(explained.textfile.value, 'textfile');
  refuseStdout(explained['event_log.file'].value, 'event_log.file');
  refuseOverlaps(writtenFiles(textfile, values.fileSd, eventLog), {
    stateDirectory: path.resolve(cwd, stateDirectory),
    ...(configFile === undefined ? {} : { configFile }),
  });
  return {
    ...values,
    ...web,
    ...rollback,
    ...targets,
    stateDirectory,
    textfile,
    ...(eventLog === undefined ? {} : { eventLog }),
    ...(configFile === undefined ? {} : { configFile }),
    ...(config === undefined ? {} : { configFingerprint: config.fingerprint }),
    whitelist: file?.whitelist ?? [],
    explained,
  };
}
