/**
 * What godrift leaves in its state directory about a toolchain: the list of its files. Who digests the same tree later, with the list in its
 * own state directory, reads only stamps, and not two hundred megabytes. Made once and kept, for tests that digest the shared toolchains
 * again and again.
 */
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { rename, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { patienceMs } from './eventually.ts';
import { madeOnce } from './made-once.ts';
import { program } from './program.ts';
import { scratch, type Toolchain } from './toolchains.ts';

/** Who writes the list, and in which form: another form is another list. */
const writers = [
  'observe/collectors/toolchain/toolchain-digest.ts',
  'observe/pool/pool-jobs.ts',
  'go/toolchain-files.ts',
].map((name) => readFileSync(join(import.meta.dirname, '../../src', name), 'utf8'));

const lists = new Map<string, Promise<string>>();

/** Folder with the list of a toolchain; another one when hard links to its files came or went, as that is a change. */
function listOf(toolchain: Toolchain): Promise<string> {
  const identity = JSON.stringify([toolchain.goroot, statSync(toolchain.go).ctimeMs, ...writers]);
  const name = `toolchain-list-${createHash('sha256').update(identity).digest('hex').slice(0, 16)}`;
  let made = lists.get(name);
  if (made === undefined) {
    made = madeOnce(name, (folder) => listFiles(toolchain, folder));
    lists.set(name, made);
    made.catch(() => lists.delete(name));
  }
  return made;
}

async function listFiles({ goroot }: Toolchain, folder: string): Promise<void> {
  const home = scratch('list');
  const state = join(home, 'state');
  writeFileSync(join(home, 'go.mod'), 'module example.com/app\n\ngo 1.20\n');
  await execa(process.execPath, [program, 'baseline', 'accept', '--reason', 'its toolchain is listed'], {
    cwd: home,
    env: { HOME: home, PATH: `${join(goroot, 'bin')}:/usr/bin:/bin`, GODRIFT_STATE_DIRECTORY: state },
    extendEnv: false,
    timeout: patienceMs,
  });
  // Of a go that a test made by hand there is no list.
  if (existsSync(join(state, 'toolchains'))) await rename(join(state, 'toolchains'), folder);
  else mkdirSync(folder);
  await rm(home, { recursive: true });
}

/** Whether a directory could be godrift's own: there, ours, and nobody else's to write. */
function isPrivate(directory: string): boolean {
  const { uid, mode } = lstatSync(directory);
  return lstatSync(directory).isDirectory() && uid === process.getuid?.() && (mode & 0o22) === 0;
}

/**
 * Has a state directory know the files of a toolchain, as if godrift had digested it there before. Made when it is absent; left alone when it
 * knows of toolchains already, or is none that godrift would take.
 */
export async function knowFiles(toolchain: Toolchain, state: string): Promise<void> {
  const folder = join(state, 'toolchains');
  const list = await listOf(toolchain);
  mkdirSync(state, { recursive: true, mode: 0o700 });
  if (existsSync(folder) || !isPrivate(state)) return;
  mkdirSync(folder, { mode: 0o700 });
  for (const name of readdirSync(list)) copyFileSync(join(list, name), join(folder, name));
}

/** Does something with a state directory that knows the files of a toolchain; afterwards it knows nothing of them again, and an empty one is gone if it was not there. */
export async function knowingFiles<T>(
  toolchain: Toolchain,
  state: string,
  work: () => Promise<T>,
): Promise<T> {
  const folder = join(state, 'toolchains');
  if (existsSync(folder)) return await work();
  const isNew = !existsSync(state);
  await knowFiles(toolchain, state);
  try {
    return await work();
  } finally {
    await rm(folder, { recursive: true, force: true });
    if (isNew && readdirSync(state).length === 0) await rmdir(state);
  }
}
