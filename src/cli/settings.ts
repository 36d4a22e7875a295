/**
 * Settings from flags, environment, YAML file and defaults, in this order, with the source of each value kept for
 * `config explain`. Reads files; starts nothing.
 */

import path from 'node:path';
import { AppError } from '../catalog/errors.ts';
import { configFileOption, type OptionKey, serveOptions } from '../catalog/options.ts';
import { committedFile } from '../drift/committed.ts';
import { readFile, stampOf } from '../host/files.ts';
import type { TargetEntry } from '../observe/discovery/entries.ts';
import type { TargetSettings } from '../observe/target.ts';
import { hasBaseline } from '../store/peek.ts';
import { stateDirectoryPath } from '../store/state-directory.ts';
import type { EventLogSettings } from '../tell/events/event-log.ts';
import { parseListenAddress } from '../tell/listen-address.ts';
import {
  type ConfiguredTargets,
  configuredTargets,
  namedDirectories,
  plainTarget,
} from './configured-targets.ts';
import { parseDuration } from './duration.ts';
import { type NamedFile, pageFile, refuseOverlaps } from './own-files.ts';
import { parseSize } from './size.ts';

/** Flags as the command line gave them, by the option's key. */
export type Flags = Readonly<Partial<Record<OptionKey | 'config.file', string>>>;

export interface Setting {
  readonly value: string;
  readonly source: 'flag' | 'environment' | 'file' | 'default';
  readonly from: string;
}

export interface Settings {
  readonly intervalMs: number;
  readonly stateDirectory: string;
  readonly listenAddress: string;
  readonly telemetryPath: string;
  /** Absolute path of the file, or directory, that holds the page too; `''` for none. */
  readonly textfile: string;
  /** Bytes of the journal that may wait for the trace endpoint. */
  readonly unsentLimitBytes: number;
  /** Undefined where none is to be written. */
  readonly eventLog?: EventLogSettings;
  readonly logLevel: string;
  readonly logFormat: string;
  readonly configFile?: string;
  readonly targets: readonly TargetSettings[];
  /** What finds further targets. */
  readonly entries: readonly TargetEntry[];
  /** Most targets that are found. */
  readonly targetLimit: number;
  /** Patterns over target names. */
  readonly whitelist: readonly string[];
  readonly explained: Readonly<Record<OptionKey, Setting>>;
}

/**
 * The nearest directory from `directory` upward that has a go.work, a go.mod or a baseline, or undefined. A baseline counts, so that a module
 * whose go.mod is gone is compared with what it was, instead of the one above it with nothing.
 */
function findWorkspace(directory: string, isAccepted: (workspace: string) => boolean): string | undefined {
  for (let here = path.resolve(directory); ; here = path.dirname(here)) {
    for (const name of ['go.mod', 'go.work', committedFile]) {
      const stamp = stampOf({ root: '/', path: path.join(here, name) });
      // Before `snapshot >` writes a baseline, the shell has made the file, and it is empty.
      if (stamp !== undefined && !stamp.directory && (name !== committedFile || stamp.size > 0)) return here;
    }
    if (isAccepted(here)) return here;
    if (here === path.dirname(here)) return undefined;
  }
}

/**
 * Targets without configuration: the named directories, else the current module, else the host itself. The current module may have a baseline
 * in the state directory, under the name of its target. `patterns` as in {@link namedDirectories}.
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

async function readConfig(file: string) {
  const { configLimits } = await import('./strict-yaml.ts');
  const read = readFile({ root: '/', path: file }, configLimits.bytes);
  if (!read.ok) throw new AppError(`cannot read ${file}`, read.why, 'check --config.file');
  const { configSchema, parseConfig } = await import('./config-file.ts');
  return parseConfig(configSchema, read.bytes.toString('utf8'), file, configLimits);
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

/** Two segments of the journal: only whole ones go. */
const unsentLimitFloorBytes = 16 * 1024 * 1024;

/** No exporter of one process was measured with more targets. */
const mostFound = 2_000;

/** Reads all settings. Throws AppError for a bad value, whatever its source. */
export async function readSettings(
  flags: Flags,
  env: ReadonlyMap<string, string>,
  directories: readonly string[],
  cwd: string,
): Promise<Settings> {
  const configFile = flags['config.file'] ?? env.get(configFileOption.env) ?? '';
  const file = configFile === '' ? undefined : await readConfig(path.resolve(cwd, configFile));
  const fileValues: Partial<Record<OptionKey, string | undefined>> = {
    interval: file?.interval,
    state_directory: file?.state_directory,
    target_limit: file?.target_limit === undefined ? undefined : String(file.target_limit),
    'web.listen_address': file?.web?.listen_address,
    'web.telemetry_path': file?.web?.telemetry_path,
    textfile: file?.textfile,
    'journal.unsent_limit': file?.journal?.unsent_limit,
    'event_log.file': file?.event_log?.file,
    'event_log.max_size': file?.event_log?.max_size,
    'event_log.keep': file?.event_log?.keep === undefined ? undefined : String(file.event_log.keep),
    'log.level': file?.log?.level,
    'log.format': file?.log?.format,
  };
  const explained = {} as Record<OptionKey, Setting>;
  for (const row of serveOptions) {
    const flag = flags[row.key];
    const variable = env.get(row.env);
    const fromFile = fileValues[row.key];
    explained[row.key] =
      flag !== undefined
        ? { value: flag, source: 'flag', from: row.flag.split(' ')[0] as string }
        : variable !== undefined && variable !== ''
          ? { value: variable, source: 'environment', from: row.env }
          : fromFile !== undefined
            ? { value: fromFile, source: 'file', from: configFile }
            : row.key === 'state_directory'
              ? {
                  value: stateDirectoryPath(env),
                  source: 'default',
                  from: 'the state directory of the service or the user',
                }
              : row.key === 'web.listen_address'
                ? listenDefault(env)
                : { value: row.default, source: 'default', from: 'built in' };
  }
  const intervalMs = parseDuration(explained.interval.value);
  if (intervalMs === undefined || intervalMs < 100 || intervalMs > 86_400_000) {
    throw new AppError(
      `cannot use interval ${explained.interval.value}`,
      'it is no duration between 100ms and 24h',
      `correct ${explained.interval.from}`,
    );
  }
  const targetLimit = Number(explained.target_limit.value);
  if (!/^\d+$/.test(explained.target_limit.value) || targetLimit > mostFound) {
    throw new AppError(
      `cannot use target_limit ${explained.target_limit.value}`,
      `it is no number up to ${mostFound}`,
      `correct ${explained.target_limit.from}`,
    );
  }
  const unsentLimit = explained['journal.unsent_limit'];
  const unsentLimitBytes = parseSize(unsentLimit.value);
  if (unsentLimitBytes === undefined || unsentLimitBytes < unsentLimitFloorBytes) {
    throw new AppError(
      `cannot use journal.unsent_limit ${unsentLimit.value}`,
      'it is no size of at least 16MiB',
      `correct ${unsentLimit.from}`,
    );
  }
  const eventLog = eventLogOf(explained, cwd);
  const textfile = explained.textfile.value === '' ? '' : path.resolve(cwd, explained.textfile.value);
  refuseOverlaps(writtenFiles(textfile, eventLog), {
    stateDirectory: path.resolve(cwd, explained.state_directory.value),
    ...(configFile === '' ? {} : { configFile: path.resolve(cwd, configFile) }),
  });
  parseListenAddress(explained['web.listen_address'].value, explained['web.listen_address'].from);
  requireOneOf(explained['log.level'], ['debug', 'info', 'warn', 'error'], 'log level');
  requireOneOf(explained['log.format'], ['logfmt', 'json'], 'log format');
  if (
    !explained['web.telemetry_path'].value.startsWith('/') ||
    explained['web.telemetry_path'].value === '/'
  ) {
    throw new AppError(
      'cannot use the telemetry path',
      'it does not start with / or is the status page',
      `correct ${explained['web.telemetry_path'].from}`,
    );
  }
  const { targets, entries } =
    directories.length === 0 && file?.targets !== undefined
      ? configuredTargets(file.targets, path.dirname(path.resolve(cwd, configFile)))
      : defaultTargets(directories, cwd, {
          stateDirectory: explained.state_directory.value,
          patterns: true,
        });
  return {
    intervalMs,
    stateDirectory: explained.state_directory.value,
    listenAddress: explained['web.listen_address'].value,
    telemetryPath: explained['web.telemetry_path'].value,
    textfile,
    unsentLimitBytes,
    ...(eventLog === undefined ? {} : { eventLog }),
    logLevel: explained['log.level'].value,
    logFormat: explained['log.format'].value,
    ...(configFile === '' ? {} : { configFile: path.resolve(cwd, configFile) }),
    targets,
    entries,
    targetLimit,
    whitelist: file?.whitelist ?? [],
    explained,
  };
}

/** What an exporter writes beside its state: the page, and the event log with the names that it rotates to. */
function writtenFiles(textfile: string, eventLog: EventLogSettings | undefined): readonly NamedFile[] {
  const page = textfile === '' ? [] : [{ file: pageFile(textfile), option: 'textfile' }];
  if (eventLog === undefined) return page;
  const logs = ['', ...Array.from({ length: eventLog.keep }, (_, index) => `.${index + 1}`)];
  return [...page, ...logs.map((end) => ({ file: `${eventLog.file}${end}`, option: 'event_log.file' }))];
}

/** Smallest event log: some tens of lines. */
const eventLogFloorBytes = 64 * 1024;
const mostEventLogs = 1000;

function eventLogOf(
  explained: Readonly<Record<OptionKey, Setting>>,
  cwd: string,
): EventLogSettings | undefined {
  const size = explained['event_log.max_size'];
  const maxBytes = parseSize(size.value);
  if (maxBytes === undefined || maxBytes < eventLogFloorBytes)
    throw new AppError(
      `cannot use event_log.max_size ${size.value}`,
      'it is no size of at least 64KiB',
      `correct ${size.from}`,
    );
  const kept = explained['event_log.keep'];
  const keep = /^\d{1,4}$/.test(kept.value) ? Number(kept.value) : 0;
  if (keep < 1 || keep > mostEventLogs)
    throw new AppError(
      `cannot use event_log.keep ${kept.value}`,
      `it is no number from 1 to ${mostEventLogs}`,
      `correct ${kept.from}`,
    );
  const file = explained['event_log.file'].value;
  return file === '' ? undefined : { file: path.resolve(cwd, file), maxBytes, keep };
}

function requireOneOf(setting: Setting, allowed: readonly string[], what: string): void {
  if (!allowed.includes(setting.value)) {
    throw new AppError(
      `cannot use ${what} ${setting.value}`,
      `it is none of ${allowed.join(', ')}`,
      `correct ${setting.from}`,
    );
  }
}
