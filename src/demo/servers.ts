/**
 * Starts the Prometheus, Alertmanager and Jaeger of this machine on free ports of 127.0.0.1, with the shipped
 * configurations.
 */
import path from 'node:path';
import { AppError } from '../catalog/errors.ts';
import { ensureDirectory, writeAtomic } from '../host/atomic.ts';
import { executableAt, listDirectory, readFile } from '../host/files.ts';
import { withFreePorts } from '../host/free-ports.ts';
import { runToEnd, type Service, startService } from '../host/service.ts';
import { findPackage } from './sandbox.ts';
import { type Addresses, adaptAlertmanager, adaptPrometheus } from './shipped.ts';
import { get, until } from './wait.ts';

interface Program {
  /** Names of the executable: upstream's, then Debian's. */
  readonly names: readonly string[];
  readonly versionArgument: string;
  /** The oldest version, [major, minor], that accepts the shipped configuration. */
  readonly minimum: readonly [number, number];
}

const programs = {
  prometheus: { names: ['prometheus'], versionArgument: '--version', minimum: [3, 0] },
  // Older versions do not know `payload` of a webhook receiver.
  alertmanager: {
    names: ['alertmanager', 'prometheus-alertmanager'],
    versionArgument: '--version',
    minimum: [0, 32],
  },
  jaeger: { names: ['jaeger'], versionArgument: 'version', minimum: [2, 0] },
} as const satisfies Readonly<Record<string, Program>>;
export type ServerName = keyof typeof programs;
export const serverNames = Object.keys(programs) as readonly ServerName[];

/** An installed server: its absolute path and its version (empty if it does not report one). */
export interface ServerProgram {
  readonly file: string;
  readonly version: string;
}
export type ServerPrograms = Readonly<Record<ServerName, ServerProgram>>;

/** A running server. */
export interface Server {
  readonly service: Service;
  /** The base URL of its HTTP API, without a trailing slash. */
  readonly url: string;
}

const readyLimitMs = 120_000;
const versionLimitMs = 60_000;

/**
 * Returns the executables with these names in a directory and its subdirectories, newest first: there may be
 * several builds.
 */
function executablesBelow(directory: string, names: readonly string[]): string[] {
  const folders = listDirectory({ root: '/', path: directory }).map((name) => path.join(directory, name));
  const files = [directory, ...folders].flatMap((folder) => names.map((name) => path.join(folder, name)));
  const found: { file: string; mtimeMs: number }[] = [];
  for (const file of files) {
    const executable = executableAt({ root: '/', path: file }, 'own');
    if (executable !== undefined) found.push({ file, mtimeMs: executable.stamp.mtimeMs });
  }
  return found.sort((a, b) => b.mtimeMs - a.mtimeMs).map(({ file }) => file);
}

/**
 * Returns the first file that runs and is new enough, else the problem of the last file; undefined without
 * files.
 */
async function firstSufficient(
  files: readonly string[],
  { versionArgument, minimum }: Program,
): Promise<ServerProgram | string | undefined> {
  let problem: string | undefined;
  for (const file of files) {
    const { output } = await runToEnd(file, [versionArgument], {
      cwd: '/',
      env: { PATH: '/usr/bin:/bin' },
      limitMs: versionLimitMs,
    });
    const [, version, major, minor] = /version(?:"?[:=]"?|,? )v?((\d+)\.(\d+)[^\s",]*)/i.exec(output) ?? [];
    // A build without a version is accepted, since it runs.
    if (version === undefined && output !== '') return { file, version: '' };
    const newer = Number(major) > minimum[0] || (Number(major) === minimum[0] && Number(minor) >= minimum[1]);
    if (version !== undefined && newer) return { file, version };
    problem = `${file} is ${version ?? 'not a program that runs'}, and ${minimum.join('.')} is needed`;
  }
  return problem;
}

/**
 * Finds the three servers: in `directory` and its subdirectories, then on PATH. Throws AppError naming those
 * that are missing.
 */
export async function findServers(
  env: ReadonlyMap<string, string>,
  directory: string | undefined,
): Promise<ServerPrograms> {
  const onPath = (env.get('PATH') ?? '').split(':').filter((one) => one.startsWith('/'));
  const found: [string, ServerProgram][] = [];
  const problems: string[] = [];
  for (const [name, program] of Object.entries(programs)) {
    const files = directory === undefined ? [] : executablesBelow(directory, program.names);
    const others = onPath.flatMap((folder) => program.names.map((one) => path.join(folder, one)));
    for (const file of others)
      if (executableAt({ root: '/', path: file }, 'own') !== undefined) files.push(file);
    const one = await firstSufficient(files, program);
    if (typeof one === 'object') found.push([name, one]);
    else
      problems.push(
        one ?? `there is no ${name} on PATH${directory === undefined ? '' : ` or in ${directory}`}`,
      );
  }
  if (problems.length > 0)
    throw new AppError(
      'cannot give the demo with servers',
      problems.join(', '),
      'install what is missing, name its directory with --servers, or leave --with-servers out',
    );
  return Object.fromEntries(found) as ServerPrograms;
}

interface Launch {
  readonly program: string;
  readonly args: readonly string[];
  readonly directory: string;
  readonly url: string;
  readonly readyUrl: string;
  readonly env?: Readonly<Record<string, string>>;
}

async function launch(plan: Launch, signal: AbortSignal): Promise<Server> {
  const service = startService(plan.program, plan.args, {
    cwd: plan.directory,
    env: { HOME: plan.directory, TMPDIR: plan.directory, PATH: '/usr/bin:/bin', ...plan.env },
  });
  const lastWords = () => service.output().trim().split('\n').slice(-2).join(' | ') || 'it printed nothing';
  try {
    await until(path.basename(plan.program), readyLimitMs, signal, async () => {
      if (service.ended() !== undefined)
        throw new AppError(
          `cannot start ${plan.program}`,
          lastWords(),
          'name another one with --servers, or leave --with-servers out',
        );
      return (await get(plan.readyUrl)) !== undefined;
    });
  } catch (error) {
    await service.stop();
    throw error;
  }
  return { service, url: plan.url };
}

/** Placeholders for addresses that a configuration does not use, and the interval of the demo. */
const nowhere = { exporter: '', alertmanager: '', sink: '', seconds: 1 } as const;

/**
 * Writes an adapted copy of a shipped configuration into `directory` and returns its path. Throws AppError if
 * it is missing.
 */
async function placeConfig(
  directory: string,
  name: string,
  adapt: (text: string, addresses: Addresses) => string,
  addresses: Omit<Addresses, 'base'>,
): Promise<string> {
  const { root } = findPackage();
  const shipped = path.join(root, 'prometheus', name);
  const read = readFile({ root: '/', path: shipped });
  if (!read.ok) throw new AppError(`cannot read ${shipped}`, read.why, 'reinstall godrift');
  await ensureDirectory(directory);
  const file = path.join(directory, name);
  const base = `${path.join(root, 'prometheus')}/`;
  await writeAtomic(file, adapt(read.bytes.toString('utf8'), { ...addresses, base }));
  return file;
}

/**
 * Starts Jaeger with demo/jaeger.yml. `otlp` of the result is the endpoint for spans. Throws AppError if it
 * does not start.
 */
export async function startJaeger(
  program: string,
  directory: string,
  signal: AbortSignal,
): Promise<Server & { readonly otlp: string }> {
  const { root } = findPackage();
  await ensureDirectory(directory);
  return await withFreePorts(4, async (ports) => {
    const [otlp, query, queryGrpc, health] = ports.map((port) => `127.0.0.1:${port}`) as [
      string,
      string,
      string,
      string,
    ];
    const server = await launch(
      {
        program,
        args: [`--config=file:${path.join(root, 'demo/jaeger.yml')}`],
        directory,
        url: `http://${query}`,
        readyUrl: `http://${health}/status`,
        env: {
          JAEGER_OTLP_HTTP: otlp,
          JAEGER_QUERY: query,
          JAEGER_QUERY_GRPC: queryGrpc,
          JAEGER_HEALTH: health,
          // Jaeger's own traces would go to a port without a listener and delay the stop.
          OTEL_TRACES_SAMPLER: 'always_off',
        },
      },
      signal,
    );
    return { ...server, otlp: `http://${otlp}` };
  });
}

/**
 * Starts Alertmanager with the shipped routes; every receiver sends to the sink. Throws AppError if it does
 * not start.
 */
export async function startAlertmanager(
  program: string,
  directory: string,
  sink: string,
  signal: AbortSignal,
): Promise<Server> {
  return await withFreePorts(1, async ([port = 0]) => {
    const address = `127.0.0.1:${port}`;
    const config = await placeConfig(directory, 'alertmanager.yml', adaptAlertmanager, {
      ...nowhere,
      sink,
    });
    return await launch(
      {
        program,
        args: [
          `--config.file=${config}`,
          `--storage.path=${path.join(directory, 'data')}`,
          `--web.listen-address=${address}`,
          '--cluster.listen-address=',
        ],
        directory,
        url: `http://${address}`,
        readyUrl: `http://${address}/-/ready`,
      },
      signal,
    );
  });
}

/**
 * Starts Prometheus with the shipped rules; `exporter` and `alertmanager` are `host:port`. Throws AppError if
 * it does not start.
 */
export async function startPrometheus(
  program: string,
  directory: string,
  peers: { readonly exporter: string; readonly alertmanager: string },
  signal: AbortSignal,
): Promise<Server> {
  return await withFreePorts(1, async ([port = 0]) => {
    const address = `127.0.0.1:${port}`;
    const config = await placeConfig(directory, 'prometheus.yml', adaptPrometheus, { ...nowhere, ...peers });
    return await launch(
      {
        program,
        args: [
          `--config.file=${config}`,
          `--storage.tsdb.path=${path.join(directory, 'data')}`,
          `--web.listen-address=${address}`,
        ],
        directory,
        url: `http://${address}`,
        readyUrl: `http://${address}/-/ready`,
      },
      signal,
    );
  });
}
