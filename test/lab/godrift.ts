/**
 * Runs the built program as users do: a command to its end, or an exporter on a free port with its own state
 * directory.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { eventually, patienceMs } from './eventually.ts';
import { freePorts } from './ports.ts';
import { program } from './program.ts';
import { knowFiles, knowingFiles } from './toolchain-lists.ts';
import { type RunResult, scratch, type Toolchain } from './toolchains.ts';

export { eventually, patienceMs, program };

/** A scratch HOME with a workspace in it. */
export interface World {
  readonly home: string;
  readonly workspace: string;
  readonly state: string;
  /** The toolchain that is first on its PATH. */
  readonly toolchain?: Toolchain;
  readonly env: Readonly<Record<string, string>>;
}

/** Makes a world with the toolchain first on PATH; `files` are written into the workspace. */
export function makeWorld(
  toolchain: Toolchain | undefined,
  files: Readonly<Record<string, string>> = { 'go.mod': 'module example.com/app\n\ngo 1.21\n' },
): World {
  if (!existsSync(program)) throw new Error('dist/ is missing: npm run build');
  const home = scratch('world');
  const workspace = join(home, 'src/app');
  const state = join(home, 'state');
  mkdirSync(workspace, { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(workspace, name)), { recursive: true });
    writeFileSync(join(workspace, name), text);
  }
  const path = [...(toolchain === undefined ? [] : [join(toolchain.goroot, 'bin')]), '/usr/bin', '/bin'];
  return {
    home,
    workspace,
    state,
    ...(toolchain === undefined ? {} : { toolchain }),
    env: { HOME: home, PATH: path.join(':'), GODRIFT_STATE_DIRECTORY: state, SHELL: '/bin/bash' },
  };
}

/**
 * Returns the state directory of a run. Tests prepare only the world's own: another one may be full,
 * unreadable or missing on purpose.
 */
function stateOf(world: World, env: Readonly<Record<string, string>> = {}): string | undefined {
  return env['GODRIFT_STATE_DIRECTORY'] ?? world.env['GODRIFT_STATE_DIRECTORY'];
}

/**
 * Runs a command to its end in the world's workspace. Commands that digest the world's toolchain find its
 * file list prepared: `baseline accept` would leave the list there, after `snapshot` it is removed again.
 */
export async function godrift(
  world: World,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<RunResult> {
  const work = async () => await run(world, args, env);
  const { state, toolchain } = world;
  if (toolchain === undefined || stateOf(world, env) !== state) return await work();
  if (args[0] === 'snapshot') return await knowingFiles(toolchain, state, work);
  if (args[1] === 'accept') await knowFiles(toolchain, state);
  return await work();
}

async function run(
  world: World,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<RunResult> {
  const { stdout, stderr, exitCode } = await execa(process.execPath, [program, ...args], {
    cwd: world.workspace,
    env: { ...world.env, ...env },
    extendEnv: false,
    reject: false,
    stripFinalNewline: false,
    timeout: patienceMs,
  });
  return { stdout, stderr, exitCode: exitCode ?? -1 };
}

export interface Exporter {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  output(): string;
  metrics(): Promise<string>;
  /** Sends the signal and returns the exit code; null if it had to be killed. */
  stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<number | null>;
}

/** Starts an exporter and waits until it is ready. */
export async function startExporter(
  world: World,
  args: readonly string[] = [],
  options: {
    readonly env?: Readonly<Record<string, string>>;
    readonly port?: number;
    readonly wrap?: readonly string[];
    /** The Node to run it with, if not the one that runs the tests. */
    readonly node?: string;
  } = {},
): Promise<Exporter> {
  const { state, toolchain } = world;
  // A wrapper may change the user, or mount over the state directory.
  const direct = (options.wrap ?? []).length === 0;
  if (toolchain !== undefined && direct && stateOf(world, options.env) === state)
    await knowFiles(toolchain, state);
  const port = options.port ?? ((await freePorts(1))[0] as number);
  const command = [
    ...(options.wrap ?? []),
    options.node ?? process.execPath,
    program,
    'serve',
    '--web.listen-address',
    `127.0.0.1:${port}`,
    ...args,
  ];
  const child = execa(command[0] as string, command.slice(1), {
    cwd: world.workspace,
    env: { ...world.env, ...options.env },
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
    all: true,
    buffer: false,
  });
  let output = '';
  child.all.on('data', (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(-262_144);
  });
  let ended = false;
  child.then(() => {
    ended = true;
  });
  const url = `http://127.0.0.1:${port}`;
  const exporter: Exporter = {
    url,
    port,
    pid: child.pid ?? -1,
    output: () => output,
    metrics: async () => {
      const response = await fetch(`${url}/metrics`);
      if (!response.ok) throw new Error(`/metrics answered ${response.status}`);
      return await response.text();
    },
    stop: async (signal = 'SIGTERM') => {
      child.kill(signal);
      const kill = setTimeout(() => child.kill('SIGKILL'), patienceMs);
      const { exitCode } = await child;
      clearTimeout(kill);
      return exitCode ?? null;
    },
  };
  try {
    await eventually('the exporter to be ready', async () => ended || (await fetch(`${url}/-/ready`)).ok);
    if (ended) throw new Error('it ended');
  } catch (error) {
    await exporter.stop('SIGKILL');
    throw new Error(`${String(error)}\n${output}`);
  }
  return exporter;
}

/** Returns the value of the first series with all these labels, or undefined. */
export function seriesOf(
  page: string,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number | undefined {
  for (const line of page.split('\n')) {
    if (!line.startsWith(`${name}{`) && !line.startsWith(`${name} `)) continue;
    if (Object.entries(labels).every(([key, value]) => line.includes(`${key}="${value}"`)))
      return Number(line.slice(line.lastIndexOf(' ') + 1));
  }
  return undefined;
}
