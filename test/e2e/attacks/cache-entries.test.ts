/**
 * Symlinks, FIFOs and directories in place of files of a build cache: go follows or blocks, godrift reports
 * damage and removes only the directory entry.
 */
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import process from 'node:process';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  answer,
  type BuildSite,
  type Entry,
  fileOf,
  makeBuildSite,
  outputsIn,
  point,
} from '../../lab/build-cache.ts';
import { godrift, makeWorld } from '../../lab/godrift.ts';
import { ensureToolchain, scratch } from '../../lab/toolchains.ts';

const go = await ensureToolchain('1.27.4');
const other = 'x'.repeat(answer.length);

interface Verdict {
  readonly sound: boolean;
  readonly corruptCount: number;
  readonly irregular: readonly { file: string; what: string }[];
}

let site: BuildSite;
/** A directory outside of the cache whose content must stay. */
let outside: string;
let archives: readonly Entry[];

const holding = (text: string) =>
  archives.filter(({ output }) => readFileSync(fileOf(site.cache, output, 'd')).includes(text));

async function verify(): Promise<Verdict & { exitCode: number }> {
  const { stdout, exitCode } = await godrift(site.world, ['cache', 'verify', '--json']);
  return { ...(JSON.parse(stdout) as Verdict), exitCode };
}

/**
 * Moves a file or folder out of the cache and puts a symlink in its place;
 * `change` can change the bytes of a file.
 */
function replaceByLink(file: string, change: (bytes: Buffer) => Buffer = (bytes) => bytes): string {
  const target = join(outside, basename(file));
  if (lstatSync(file).isDirectory()) renameSync(file, target);
  else {
    writeFileSync(target, change(readFileSync(file)));
    rmSync(file);
  }
  symlinkSync(target, file);
  return target;
}

function fifo(file: string): void {
  rmSync(file, { force: true, recursive: true });
  execFileSync('mkfifo', [file]);
}

/** Makes the folder of a cached tool, as `go tool` does, and the action that refers to it. */
function executable(id: string): string {
  const folder = fileOf(site.cache, id, 'd');
  mkdirSync(folder, { recursive: true });
  point(site.cache, 'ab'.repeat(32), id, 5);
  return folder;
}

async function healed(): Promise<void> {
  const repair = await godrift(site.world, ['cache', 'repair', '--yes']);
  expect(repair.exitCode, repair.stdout).toBe(0);
  expect(await verify()).toMatchObject({ exitCode: 0, sound: true, corruptCount: 0, irregular: [] });
  expect(await site.build()).toBe(answer);
}

beforeAll(() => {
  if (process.platform === 'win32') throw new Error('no FIFOs here');
});

beforeEach(async () => {
  site = await makeBuildSite(go);
  outside = scratch('outside');
  await site.build();
  archives = outputsIn(site.cache, '!<arch>\n');
});

describe('in place of entries of a build cache', () => {
  it('symlinks make go build a wrong program; they are found, and removed without touching their targets', async () => {
    const wrong = holding(answer).map(({ output }) =>
      replaceByLink(fileOf(site.cache, output, 'd'), (bytes) =>
        Buffer.from(bytes.toString('latin1').replaceAll(answer, other), 'latin1'),
      ),
    );
    expect(wrong.length).toBeGreaterThan(0);
    expect(await site.build()).toBe(other);

    const { stdout } = await godrift(site.world, ['check', '--cache', '--json']);
    const { findings, level } = JSON.parse(stdout);
    expect(level).toBe('major');
    const own = findings.filter((one: { rule: string }) => one.rule === 'cache-corrupt');
    expect(own).toHaveLength(wrong.length);
    expect(own[0].summary).toMatch(/is a symbolic link: go follows it without looking/);
    expect(await verify()).toMatchObject({ exitCode: 1, sound: false, corruptCount: wrong.length });
    const contents = wrong.map((file) => readFileSync(file, 'latin1'));
    await healed();
    expect(wrong.map((file) => readFileSync(file, 'latin1'))).toEqual(contents);
  });

  it('symlinks, FIFOs and directories of all kinds are found and removed', async () => {
    const [action, linked, piped, directory, empty] = archives as [Entry, Entry, Entry, Entry, Entry];
    const expected: { file: string; what: string }[] = [];
    const expectAt = (file: string, what: string) =>
      expected.push({ file: file.slice(site.cache.length + 1), what });
    const kept = [replaceByLink(action.file)];
    expectAt(action.file, 'link');
    kept.push(replaceByLink(fileOf(site.cache, linked.output, 'd')));
    expectAt(fileOf(site.cache, linked.output, 'd'), 'link');
    fifo(piped.file);
    expectAt(piped.file, 'special');
    rmSync(directory.file);
    mkdirSync(join(directory.file, 'deeper'), { recursive: true });
    writeFileSync(join(directory.file, 'deeper/file'), 'text');
    symlinkSync(outside, join(directory.file, 'deeper/out'));
    expectAt(directory.file, 'directory');
    // An output that is an empty folder with an old modification time.
    rmSync(fileOf(site.cache, empty.output, 'd'));
    mkdirSync(fileOf(site.cache, empty.output, 'd'));
    utimesSync(fileOf(site.cache, empty.output, 'd'), 1_700_000_000, 1_700_000_000);
    expectAt(fileOf(site.cache, empty.output, 'd'), 'directory');
    // The single file of a cached executable.
    const tool = executable('0a'.repeat(32));
    writeFileSync(join(outside, 'tool'), 'tool!');
    symlinkSync(join(outside, 'tool'), join(tool, 'tool'));
    expectAt(join(tool, 'tool'), 'link');
    kept.push(join(outside, 'tool'));
    // A dangling symlink that no action refers to: go would write through it.
    const dangling = fileOf(site.cache, '0b'.repeat(32), 'd');
    symlinkSync(join(outside, 'nothing'), dangling);
    expectAt(dangling, 'link');

    const found = await verify();
    expect(found.irregular).toEqual([...expected].sort((a, b) => (a.file < b.file ? -1 : 1)));
    expect(found).toMatchObject({ exitCode: 1, corruptCount: expected.length });
    const before = kept.map((file) => readFileSync(file, 'latin1'));
    const names = readdirSync(outside).sort();
    await healed();
    expect(kept.map((file) => readFileSync(file, 'latin1'))).toEqual(before);
    expect(readdirSync(outside).sort()).toEqual(names);
  });

  it('a symlink and a file in place of two of the 256 folders are removed', async () => {
    const used = new Set(archives.map(({ output }) => output.slice(0, 2)));
    const [folder = ''] = used;
    const target = replaceByLink(join(site.cache, folder));
    const blocked = [...Array(256).keys()]
      .map((each) => each.toString(16).padStart(2, '0'))
      .find((each) => each !== folder && readdirSync(join(site.cache, each)).length === 0) as string;
    rmSync(join(site.cache, blocked), { recursive: true });
    writeFileSync(join(site.cache, blocked), '');
    await expect(site.build()).rejects.toThrow(/failed to initialize build cache/);
    expect(await verify()).toMatchObject({
      exitCode: 1,
      irregular: [
        { file: blocked, what: 'file' },
        { file: folder, what: 'link' },
      ].sort((a, b) => (a.file < b.file ? -1 : 1)),
    });
    const names = readdirSync(target).length;
    await healed();
    expect(readdirSync(target)).toHaveLength(names);
    expect(existsSync(join(site.cache, folder))).toBe(true);
  });
});

it('cache repair exits with 2 and removes nothing in a directory that is not a build cache', async () => {
  const world = makeWorld(go);
  const directory = join(world.home, 'victim');
  mkdirSync(join(directory, 'cd'), { recursive: true });
  for (const name of ['ab', 'ff', 'cd/notes']) writeFileSync(join(directory, name), 'precious');
  for (const args of [[], ['--yes']]) {
    const { exitCode, stderr } = await godrift(world, ['cache', 'repair', '--gocache', directory, ...args]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('it is not a build cache');
  }
  writeFileSync(join(directory, 'README'), 'not of go');
  const { exitCode } = await godrift(world, ['cache', 'repair', '--gocache', directory, '--yes']);
  expect(exitCode).toBe(2);
  expect(readdirSync(directory).sort()).toEqual(['README', 'ab', 'cd', 'ff']);
});

it.skipIf(process.getuid?.() !== 0)('cache repair refuses a symlink of another user as GOCACHE', async () => {
  const site = await makeBuildSite(go);
  await site.build();
  const link = join(site.world.home, 'link');
  symlinkSync(site.cache, link);
  lchownSync(link, 65534, 65534);
  const { exitCode, stderr } = await godrift(site.world, ['cache', 'repair', '--gocache', link, '--yes']);
  expect(exitCode).toBe(2);
  expect(stderr).toContain('belongs to uid 65534');
});
