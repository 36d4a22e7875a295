/**
 * Prepares the file lists of toolchains that godrift keeps in its state directory. With such a list a later
 * digest of the same tree reads only stamps instead of two hundred megabytes. The lists are made once and
 * cached, for tests that digest the shared toolchains again and again.
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

/** The source files that write the list: a change of them makes a new list. */
const writers = [
  'observe/collectors/toolchain/toolchain-digest.ts',
  'observe/pool/pool-jobs.ts',
  'go/toolchain-files.ts',
].map((name) => readFileSync(join(import.meta.dirname, '../../src', name), 'utf8'));

const lists = new Map<string, Promise<string>>();

/**
 * Returns the directory with the list of a toolchain; a new one if its hard links changed, since that changes
 * its stamps.
 */
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
  // A go that a test made by hand has no list.
  if (existsSync(join(state, 'toolchains'))) await rename(join(state, 'toolchains'), folder);
  else mkdirSync(folder);
  await rm(home, { recursive: true });
}

/** Reports whether a directory could be godrift's own: it exists, is ours, and no other user may write it. */
function isPrivate(directory: string): boolean {
  const { uid, mode } = lstatSync(directory);
  return lstatSync(directory).isDirectory() && uid === process.getuid?.() && (mode & 0o22) === 0;
}

/**
 * Puts the file list of a toolchain into a state directory, as if godrift had digested it before. The
 * directory is created if absent, and left alone if it has lists already or is none that godrift would
 * accept.
 */
export async function knowFiles(toolchain: Toolchain, state: string): Promise<void> {
  const folder = join(state, 'toolchains');
  const list = await listOf(toolchain);
  mkdirSync(state, { recursive: true, mode: 0o700 });
  if (existsSync(folder) || !isPrivate(state)) return;
  mkdirSync(folder, { mode: 0o700 });
  for (const name of readdirSync(list)) copyFileSync(join(list, name), join(folder, name));
}

/**
 * Runs `work` while the file list of a toolchain is in a state directory. Removes the list afterwards, and an
 * empty directory that did not exist before.
 */
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
