/**
 * A fleet of targets in one exporter, each with a workspace and an environment file that a test can rewrite.
 * Used for tests and screenshots of the status page and the dashboards.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import {
  type Exporter,
  eventually,
  godrift,
  makeWorld,
  seriesOf,
  startExporter,
  type World,
} from './godrift.ts';
import { replaceFile } from './replace-file.ts';
import type { Toolchain } from './toolchains.ts';

/** The description of a target. */
export interface Member {
  readonly name: string;
  readonly pool: string;
  readonly toolchain: Toolchain;
  /** Additional variables of its environment. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Additional files of its workspace. */
  readonly files?: Readonly<Record<string, string>>;
}

export interface Fleet {
  readonly world: World;
  readonly exporter: Exporter;
  /** Replaces the environment file of a member atomically. */
  change(member: Member): void;
  stop(): Promise<void>;
}

/** Returns the path of a member's environment file. */
const environmentFile = (root: string, name: string) => join(root, 'environments', name);

function writeEnvironment(root: string, { name, toolchain, variables }: Member): void {
  const environment = {
    HOME: join(root, 'home'),
    PATH: `${join(toolchain.goroot, 'bin')}:/usr/bin:/bin`,
    ...variables,
  };
  const text = Object.entries(environment).map(([key, value]) => `${key}=${value}\0`);
  replaceFile(environmentFile(root, name), text.join(''));
}

function writeWorkspace(root: string, { name, files }: Member): void {
  const workspace = join(root, 'src', name);
  mkdirSync(workspace, { recursive: true });
  const all = { 'go.mod': 'module example.com/app\n\ngo 1.21\n', ...files };
  for (const [file, text] of Object.entries(all)) writeFileSync(join(workspace, file), text);
}

/**
 * Returns a portable snapshot for workspaces with this toolchain; being portable, all of them can commit the
 * same one.
 */
export async function portableSnapshot(toolchain: Toolchain): Promise<string> {
  const { stdout, stderr, exitCode } = await godrift(makeWorld(toolchain), ['snapshot', '--portable']);
  if (exitCode !== 0) throw new Error(stderr);
  return stdout;
}

/** Triggers one more pass over these members by rewriting a watched file of each with the same content. */
async function lookAgain(exporter: Exporter, root: string, members: readonly Member[]): Promise<void> {
  const looks = async () => {
    const page = await exporter.metrics();
    return members.map(({ name }) =>
      seriesOf(page, 'godrift_collector_last_success_timestamp_seconds', { target: name, collector: 'env' }),
    );
  };
  const before = await looks();
  for (const member of members) writeEnvironment(root, member);
  await eventually('another look at each', async () =>
    (await looks()).every((last, index) => last !== undefined && last > (before[index] ?? 0)),
  );
}

/**
 * Starts an exporter over the members in an empty directory, and waits until each member without a committed
 * baseline has learned one. Passes follow changes of files, and come every hour by default: 200 targets every
 * second would keep a core busy.
 */
export async function startFleet(
  root: string,
  members: readonly Member[],
  options: { readonly env?: Readonly<Record<string, string>>; readonly interval?: string } = {},
): Promise<Fleet> {
  for (const directory of ['environments', 'home', 'src'])
    mkdirSync(join(root, directory), { recursive: true });
  for (const member of members) {
    writeWorkspace(root, member);
    writeEnvironment(root, member);
  }
  const config = join(root, 'godrift.yml');
  const targets = members.map(({ name, pool }) => ({
    name,
    pool,
    workspace: join(root, 'src', name),
    environment: { from: 'file', path: environmentFile(root, name) },
  }));
  writeFileSync(config, stringify({ interval: options.interval ?? '1h', targets }));
  const state = join(root, 'state');
  const world: World = {
    home: join(root, 'home'),
    workspace: join(root, 'src'),
    state,
    env: { HOME: join(root, 'home'), PATH: '/usr/bin:/bin', GODRIFT_STATE_DIRECTORY: state },
  };
  const exporter = await startExporter(world, ['--config.file', config], {
    env: options.env ?? {},
  });
  try {
    const learners = members.filter(({ files }) => files?.['.godrift.snapshot'] === undefined);
    const learned = async () => (await exporter.metrics()).split('kind="learned"').length - 1;
    while ((await learned()) < learners.length) await lookAgain(exporter, root, learners);
  } catch (error) {
    await exporter.stop();
    throw error;
  }
  return {
    world,
    exporter,
    change: (member) => writeEnvironment(root, member),
    stop: async () => {
      await exporter.stop();
    },
  };
}
