/**
 * Sandboxes: any number of worlds that equal the present machine but for some files, each private to the
 * command that runs in it. Nothing is copied: overlayfs puts a layer over each directory that may be written,
 * and all others are made read-only.
 */
import { promises as fs, realpathSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { isThere } from '../counted-fs.ts';
import { removeTree } from '../make-tree.ts';
import { currentMounts } from '../mounts.ts';
import { keepScratch, makeScratch } from '../scratch.ts';
import { runInSandbox, type SandboxEnding } from './run.ts';
import { type Layer, type SandboxTools, sandboxScript, word, worldPath } from './script.ts';

/** A change of the files of a world, made before its command runs, in the order given. */
export type SandboxEdit =
  | { readonly do: 'write'; readonly path: string; readonly bytes: Uint8Array; readonly mode: number }
  | { readonly do: 'link'; readonly path: string; readonly to: string }
  | { readonly do: 'remove'; readonly path: string }
  /** Replaces a directory by another one; `from` is in the sandbox's own folder. */
  | { readonly do: 'tree'; readonly path: string; readonly from: string }
  | { readonly do: 'command'; readonly argv: readonly string[]; readonly directory?: string };

/** A world and the command that runs in it. */
export interface SandboxRun {
  readonly command: readonly [string, ...string[]];
  readonly directory: string;
  /** The whole environment of the command. */
  readonly env: ReadonlyMap<string, string>;
  readonly edits: readonly SandboxEdit[];
  /** Worlds of the same name share the content of the kept directories. */
  readonly kept: string;
  readonly limitMs: number;
  readonly signal?: AbortSignal;
}

/** The directories with layers, and the access of commands to the machine. */
export interface SandboxPlan {
  /** Directories that builds may write, absolute; a missing one stands for its nearest existing parent. */
  readonly written: readonly string[];
  /** Directories that get a layer where possible: the sandbox itself has to lie in one of them. */
  readonly temporary: readonly string[];
  /** Directories whose layer outlives a world. */
  readonly kept: readonly string[];
  readonly hasNetwork: boolean;
}

/** Creates worlds. */
export interface Sandbox {
  /** A folder for the sources of `tree` edits. */
  readonly folder: string;
  run(run: SandboxRun): Promise<SandboxEnding | { readonly refused: string }>;
  end(): Promise<void>;
}

const toolFolders = ['/usr/bin', '/bin', '/usr/sbin', '/sbin'];

async function findTool(name: string): Promise<string | undefined> {
  for (const folder of toolFolders) {
    const file = path.join(folder, name);
    if ((await fs.stat(file).catch(() => undefined))?.isFile() === true) return file;
  }
  return undefined;
}

/** Returns the nearest existing directory, symlinks resolved. */
function standing(file: string): string {
  for (let here = file; ; here = path.dirname(here)) {
    try {
      const real = realpathSync(here);
      if (statSync(real).isDirectory()) return real;
    } catch {}
    if (here === '/') return '/';
  }
}

const isBelow = (file: string, folder: string) =>
  file === folder || file.startsWith(folder === '/' ? '/' : `${folder}/`);

/** Returns the outermost of these directories, outer ones first. Never `/`: nothing could lie beside it. */
export function outermost(directories: readonly string[]): readonly string[] {
  const sorted = [...new Set(directories)].filter((one) => one !== '/').sort();
  return sorted.filter((one) => !sorted.some((other) => other !== one && isBelow(one, other)));
}

/** Returns the folders in which a sandbox may lie: disks before memory. */
const places = () => ['/var/tmp', os.tmpdir(), '/dev/shm'];

interface Mode {
  readonly user?: { readonly uid: number; readonly gid: number };
  readonly unshare: readonly string[];
}

const always = ['--mount', '--pid', '--fork', '--kill-child'];

/** Returns the ways to create namespaces: as root, and in a user namespace where the kernel allows it. */
function modes(hasNetwork: boolean): readonly Mode[] {
  const net = hasNetwork ? [] : ['--net'];
  const [uid, gid] = [process.geteuid?.() ?? -1, process.getegid?.() ?? -1];
  const own: Mode = { unshare: [...always, ...net] };
  const user: Mode = { user: { uid, gid }, unshare: ['--user', '--map-root-user', ...always, ...net] };
  return uid === 0 ? [own, user] : [user];
}

/** Returns the sh lines of an edit; `staged` is the file with its bytes. */
function linesOf(
  edit: SandboxEdit,
  index: number,
  staged: string | undefined,
  found: string | undefined,
): readonly string[] {
  const failed = (what: string) => `|| fail ${word(`cannot make the world: ${what}`)}`;
  if (edit.do === 'command') {
    const argv = edit.argv.map(word).join(' ');
    const inside = edit.directory === undefined ? '' : `cd ${word(edit.directory)} && `;
    // A repair that fails heals nothing: the command's result in this world shows that.
    return [`( ${worldPath(found)}; ${inside}${argv} ) </dev/null >/dev/null 2>&1 3>&- || :`];
  }
  const at = word(edit.path);
  const gone = `rm -rf -- ${at} ${failed(`${edit.path} cannot be removed`)}`;
  if (edit.do === 'remove') return [gone];
  const above = `mkdir -p -- ${word(path.dirname(edit.path))} ${failed(`the folder of ${edit.path}`)}`;
  if (edit.do === 'link')
    return [gone, above, `ln -s -- ${word(edit.to)} ${at} ${failed(`${edit.path} cannot be linked`)}`];
  const from = edit.do === 'tree' ? edit.from : (staged ?? String(index));
  return [gone, above, `cp -a -- ${word(from)} ${at} ${failed(`${edit.path} cannot be written`)}`];
}

class OpenSandbox implements Sandbox {
  readonly folder: string;
  readonly #mode: Mode;
  readonly #tools: SandboxTools;
  readonly #hasNetwork: boolean;
  readonly #written: readonly string[];
  readonly #kept: readonly string[];
  readonly #absent: readonly string[];
  readonly #busy = new Set<string>();
  readonly #removing: Promise<void>[] = [];
  #count = 0;

  constructor(
    folder: string,
    mode: Mode,
    tools: SandboxTools,
    roots: Pick<SandboxPlan, 'written' | 'kept' | 'hasNetwork'> & { readonly absent: readonly string[] },
  ) {
    this.folder = folder;
    this.#mode = mode;
    this.#tools = tools;
    this.#written = roots.written;
    this.#kept = roots.kept;
    this.#absent = roots.absent;
    this.#hasNetwork = roots.hasNetwork;
  }

  async #layer(root: string, folder: string, index: number): Promise<Layer> {
    const [upper, work] = [
      path.join(folder, String(index), 'upper'),
      path.join(folder, String(index), 'work'),
    ];
    const lower = path.join(this.folder, 'lower', String(index));
    for (const one of [upper, work, lower]) await fs.mkdir(one, { recursive: true, mode: 0o700 });
    // The top directory is visible through the layer, so it must look like the real one.
    const { mode, uid, gid } = await fs.stat(root);
    await fs.chmod(upper, mode & 0o7777);
    if (process.geteuid?.() === 0) await fs.chown(upper, uid, gid);
    return { path: root, upper, work, lower };
  }

  /** Reserves the kept folder of a name; concurrent worlds of the same name get separate ones. */
  #slot(name: string): string {
    let slot = name;
    for (let more = 2; this.#busy.has(slot); more++) slot = `${name}.${more}`;
    this.#busy.add(slot);
    return slot;
  }

  async run(run: SandboxRun): Promise<SandboxEnding | { readonly refused: string }> {
    const world = path.join(this.folder, 'worlds', String(this.#count++));
    const slot = this.#slot(run.kept);
    try {
      return await this.#runIn(world, path.join(this.folder, 'kept', slot), run);
    } finally {
      this.#busy.delete(slot);
      // In the background: the next world does not depend on it.
      this.#removing.push(removeTree(world).catch(() => {}));
    }
  }

  async #runIn(world: string, keptFolder: string, run: SandboxRun) {
    const layers: Layer[] = [];
    const own = this.#written.filter((root) => !this.#kept.includes(root));
    const all = [
      ...own.map((root) => [root, world] as const),
      ...this.#kept.map((root) => [root, keptFolder] as const),
    ];
    for (const [index, [root, folder]] of all.entries()) layers.push(await this.#layer(root, folder, index));
    layers.sort((a, b) => a.path.length - b.path.length);
    const edits: string[] = [];
    for (const [index, edit] of run.edits.entries()) {
      const staged = path.join(world, `file-${index}`);
      if (edit.do === 'write') {
        await fs.writeFile(staged, edit.bytes, { mode: 0o600 });
        await fs.chmod(staged, edit.mode);
      }
      edits.push(...linesOf(edit, index, staged, run.env.get('PATH')));
    }
    const made: { path: string; from: string }[] = [];
    for (const [index, directory] of this.#absent.entries()) {
      const from = path.join(keptFolder, `made-${index}`);
      await fs.mkdir(from, { recursive: true });
      made.push({ path: directory, from });
    }
    const script = sandboxScript({
      tools: this.#tools,
      stage: this.folder,
      layers,
      made,
      mounts: currentMounts(),
      ...(this.#mode.user === undefined ? {} : { user: this.#mode.user }),
      hasNetwork: this.#hasNetwork,
      path: run.env.get('PATH'),
      edits,
      directory: run.directory,
    });
    const file = path.join(world, 'make.sh');
    await fs.writeFile(file, script, { mode: 0o600 });
    return await runInSandbox({
      file: this.#tools.unshare,
      args: [...this.#mode.unshare, '--', '/bin/sh', file, ...run.command],
      env: Object.fromEntries(run.env),
      limitMs: run.limitMs,
      ...(run.signal === undefined ? {} : { signal: run.signal }),
    });
  }

  async end(): Promise<void> {
    await Promise.all(this.#removing);
    await removeTree(this.folder);
    keepScratch(this.folder);
  }
}

/** Time limit for creating an empty world, ms. */
const probeMs = 20_000;

/**
 * Opens a sandbox, and proves by an empty world that it works. `missing` says why it cannot: a system other
 * than Linux, a kernel that lets this user mount nothing, no directory for the layers.
 */
export async function openSandbox(plan: SandboxPlan): Promise<Sandbox | { readonly missing: string }> {
  const [mount, unshare, ip] = await Promise.all(['mount', 'unshare', 'ip'].map(findTool));
  if (process.platform !== 'linux') return { missing: 'it needs overlayfs, which only Linux has' };
  if (mount === undefined || unshare === undefined)
    return { missing: 'mount(8) and unshare(1) are not installed' };
  const tools: SandboxTools = { mount, unshare, ...(ip === undefined ? {} : { ip }) };
  const kept = plan.kept.filter(isThere).map(standing);
  const absent = plan.kept.filter((one) => !isThere(one));
  const needed = plan.written.map(standing);
  let why = 'no folder for it was found';
  for (const place of places()) {
    const real = standing(place);
    if (outermost([...needed, ...kept]).some((one) => isBelow(real, one))) continue;
    const temporary = plan.temporary.map(standing).filter((one) => !isBelow(real, one));
    // A home in /tmp gets its own layer: folders of other users above it cannot be copied up in a user
    // namespace (EOVERFLOW).
    const written = [...new Set([...outermost(temporary), ...outermost(needed)])];
    for (const mode of modes(plan.hasNetwork)) {
      const folder = await makeScratch('godrift-blame', real).catch(() => undefined);
      if (folder === undefined) continue;
      const sandbox = new OpenSandbox(folder, mode, tools, {
        written,
        kept,
        absent,
        hasNetwork: plan.hasNetwork,
      });
      const env = new Map([['PATH', '/usr/bin:/bin']]);
      const tried = await sandbox.run({
        command: ['/bin/sh', '-c', 'exit 0'],
        directory: '/',
        env,
        edits: [],
        kept: 'probe',
        limitMs: probeMs,
      });
      if (!('refused' in tried) && tried.exitCode === 0) return sandbox;
      why = 'refused' in tried ? tried.refused : 'an empty world failed';
      await sandbox.end();
    }
  }
  return { missing: why };
}
