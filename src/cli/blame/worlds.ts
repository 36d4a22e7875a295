/** Worlds: copies of the present machine without some atoms, run one by one in a sandbox. */
import path from 'node:path';
import { AppError } from '../../catalog/errors.ts';
import { factsOf } from '../../drift/model.ts';
import type { Atom } from '../../explain/blame/atom.ts';
import { Stopped } from '../../explain/blame/investigate.ts';
import type { Ending } from '../../explain/blame/verdict.ts';
import { type Operation, worldWithout } from '../../explain/blame/world.ts';
import { sha256Hex } from '../../host/digest.ts';
import { makeTree } from '../../host/make-tree.ts';
import { openSandbox, type Sandbox, type SandboxEdit } from '../../host/sandbox/sandbox.ts';
import { treeFrom, withZip } from '../../undo/module-zip.ts';
import type { Inspection } from '../inspect.ts';
import { repositoryRoot } from '../output-file.ts';
import type { Terminal } from '../terminal.ts';

/** How the command is run. */
export interface Running {
  readonly command: readonly [string, ...string[]];
  readonly limitMs: number;
  readonly hasNetwork: boolean;
  readonly signal: AbortSignal;
}

/** The atoms and parts that a world leaves out. */
export type Absent = Pick<Atom, 'id' | 'changes' | 'ownCache'>;

/** Runs commands in worlds. */
export interface Worlds {
  /** Folder for an empty build cache that a world can be pointed to. */
  readonly emptyCache: string;
  /**
   * Runs the command in the world without these atoms and parts. Throws {@link Stopped}, and AppError where
   * no world can be made.
   */
  run(absent: readonly Absent[]): Promise<Ending & { readonly ms: number }>;
  /**
   * Runs a line of sh in an empty module with these files. The environment holds only what is given, and
   * GOCACHE with a build cache of its own. Undefined where no world can be made.
   */
  alone(
    line: string,
    files: readonly { readonly name: string; readonly text: string }[],
    env: ReadonlyMap<string, string>,
  ): Promise<Ending | undefined>;
  end(): Promise<void>;
}

const absolute = (file: string | undefined): file is string => file?.startsWith('/') === true;

/**
 * Returns the directories that the changes of atoms write to; each needs a layer, so that nothing is written
 * outside of one.
 */
const placesOf = (atoms: readonly Atom[]) =>
  atoms.flatMap(({ changes }) =>
    changes.flatMap((change) => ('path' in change ? [path.dirname(change.path)] : [])),
  );

/** Returns the build caches that worlds are pointed back to; they are written as well. */
const cachesOf = (atoms: readonly Atom[]) =>
  atoms.flatMap(({ changes }) =>
    changes.flatMap((change) => (change.do === 'process' && change.name === 'GOCACHE' ? [change.value] : [])),
  );

/** Returns the directories that builds may write to, by the variables that name them. */
export function writtenBy(terminal: Terminal, { observation, settings }: Inspection): readonly string[] {
  const variables = factsOf(observation, 'env')?.variables;
  const named = ['GOPATH', 'GOMODCACHE', 'GOBIN', 'GOTMPDIR'].flatMap((name) => [
    ...(variables?.get(name)?.value.split(':') ?? []),
    ...(terminal.env.get(name)?.split(':') ?? []),
  ]);
  return [
    terminal.cwd,
    repositoryRoot(terminal, terminal.cwd),
    settings.workspace,
    terminal.env.get('HOME'),
    terminal.env.get('TMPDIR'),
    ...named,
  ].filter(absolute);
}

/**
 * Unpacks a zip of the module cache into the sandbox, into a folder that is named after the zip and the
 * prefix.
 */
async function unpackTree(
  folder: string,
  { tree, zip: file, prefix, mode }: Extract<Operation, { do: 'tree' }>,
): Promise<string> {
  const to = path.join(folder, `tree-${sha256Hex(`${file}\0${prefix}`).slice(0, 16)}`);
  await withZip(file, prefix, async (zip) => {
    await makeTree(to, treeFrom(tree, zip, mode));
  });
  return to;
}

class SandboxWorlds implements Worlds {
  readonly emptyCache: string;
  readonly #sandbox: Sandbox;
  readonly #terminal: Terminal;
  readonly #running: Running;
  readonly #trees = new Map<string, Promise<string>>();

  constructor(sandbox: Sandbox, terminal: Terminal, running: Running) {
    this.#sandbox = sandbox;
    this.#terminal = terminal;
    this.#running = running;
    this.emptyCache = path.join(sandbox.folder, 'gocache');
  }

  async #edit(operation: Operation): Promise<SandboxEdit> {
    if (operation.do !== 'tree') return operation;
    const key = `${operation.zip}\0${operation.prefix}`;
    const making = this.#trees.get(key) ?? unpackTree(this.#sandbox.folder, operation);
    this.#trees.set(key, making);
    return { do: 'tree', path: operation.path, from: await making };
  }

  async run(absent: readonly Absent[]): Promise<Ending & { readonly ms: number }> {
    const { command, limitMs, signal } = this.#running;
    if (signal.aborted) throw new Stopped();
    const { env, operations } = worldWithout(this.#terminal.env, absent);
    const edits: SandboxEdit[] = [];
    for (const operation of operations) edits.push(await this.#edit(operation));
    const own = absent.filter(({ ownCache }) => ownCache === true).map(({ id }) => id);
    const ended = await this.#sandbox.run({
      command,
      directory: this.#terminal.cwd,
      env,
      edits,
      kept: own.length === 0 ? 'present' : sha256Hex(own.sort().join('\0')).slice(0, 16),
      limitMs,
      signal,
    });
    if (signal.aborted) throw new Stopped();
    if ('refused' in ended) throw noWorld(ended.refused);
    return ended;
  }

  async alone(
    line: string,
    files: readonly { readonly name: string; readonly text: string }[],
    env: ReadonlyMap<string, string>,
  ): Promise<Ending | undefined> {
    const { limitMs, signal } = this.#running;
    const directory = path.join(this.#sandbox.folder, 'alone');
    const ended = await this.#sandbox.run({
      command: ['/bin/sh', '-c', line],
      directory,
      env: new Map([...env, ['GOCACHE', this.emptyCache]]),
      edits: files.map(({ name, text }) => ({
        do: 'write',
        path: path.join(directory, name),
        bytes: Buffer.from(text),
        mode: 0o600,
      })),
      kept: 'alone',
      limitMs,
      signal,
    });
    if (signal.aborted) throw new Stopped();
    return 'refused' in ended ? undefined : ended;
  }

  end(): Promise<void> {
    return this.#sandbox.end();
  }
}

const noWorld = (why: string) =>
  new AppError(
    'cannot create a sandbox for the command',
    why,
    'blame needs overlayfs in a mount namespace: Linux 5.11 or newer that allows user namespaces, or root',
  );

/** Opens a sandbox for worlds. Throws AppError where none can be made. */
export async function openWorlds(
  terminal: Terminal,
  looked: Inspection,
  atoms: readonly Atom[],
  running: Running,
): Promise<Worlds> {
  // Without a go that answers, GOCACHE of the process environment is all that is known. The go of an earlier
  // world writes there too.
  const cache =
    factsOf(looked.observation, 'env')?.variables.get('GOCACHE')?.value ?? terminal.env.get('GOCACHE');
  const sandbox = await openSandbox({
    written: [...writtenBy(terminal, looked), ...placesOf(atoms)],
    temporary: ['/tmp', '/var/tmp', terminal.env.get('TMPDIR')].filter(absolute),
    kept: [...new Set([cache, ...cachesOf(atoms)])].filter(absolute),
    hasNetwork: running.hasNetwork,
  });
  if ('missing' in sandbox) throw noWorld(sandbox.missing);
  return new SandboxWorlds(sandbox, terminal, running);
}
