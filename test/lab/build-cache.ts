/** Build caches for tests: filled by a real go, damaged by the test, and verified with sha256sum. */
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { makeWorld, type World } from './godrift.ts';
import { madeOnce, testCache } from './made-once.ts';
import { type RunResult, runGo, scratch, type Toolchain } from './toolchains.ts';

/** A program that prints the text of a package in its workspace. */
export interface BuildSite {
  readonly world: World;
  /** GOCACHE. */
  readonly cache: string;
  go(...args: string[]): Promise<RunResult>;
  /** Builds and runs the program; returns its output. Throws if the build fails. */
  build(): Promise<string>;
  /** Changes the text of the package. */
  say(text: string): void;
}

/** The text of the package: 16 bytes that occur nowhere else. */
export const answer = 'answer-A7f3-0001';

const source = (text: string) =>
  `package answer\n\nvar Text = "${text}"\n\nfunc Answer() string { return Text }\n`;

/**
 * Returns a cache that all worlds share and that stays between runs, so that none compiles the standard
 * library again. A test that damages a cache must use its own.
 */
export function sharedBuildCache(): string {
  const cache = join(testCache(), 'scenarios-gocache');
  mkdirSync(cache, { recursive: true });
  return cache;
}

/** Fills a new cache with the runtime, which is built once and then copied. */
export async function runtimeCache(toolchain: Toolchain, cache: string): Promise<void> {
  const warm = await madeOnce(`runtime-gocache-${toolchain.version}`, async (folder) => {
    const env = { GOCACHE: folder, GOTOOLCHAIN: 'local' };
    const { exitCode, stderr } = await runGo(toolchain, ['build', 'runtime'], { env });
    if (exitCode !== 0) throw new Error(stderr);
  });
  cpSync(warm, cache, { recursive: true, preserveTimestamps: true });
}

/** Makes a workspace with this program, and a cache that holds the runtime. */
export async function makeBuildSite(toolchain: Toolchain): Promise<BuildSite> {
  const cache = join(scratch('gocache'), 'go-build');
  const base = makeWorld(toolchain, {
    'go.mod': 'module example.com/app\n\ngo 1.21\n',
    'main.go':
      'package main\n\nimport "example.com/app/answer"\n\nfunc main() { println(answer.Answer()) }\n',
  });
  const world = { ...base, env: { ...base.env, GOCACHE: cache } };
  mkdirSync(join(world.workspace, 'answer'));
  await runtimeCache(toolchain, cache);
  const site: BuildSite = {
    world,
    cache,
    go: (...args) =>
      runGo(toolchain, args, { cwd: world.workspace, env: { ...world.env, GOTOOLCHAIN: 'local' } }),
    say: (text) => writeFileSync(join(world.workspace, 'answer/answer.go'), source(text)),
    async build() {
      rmSync(join(world.workspace, 'app'), { force: true });
      const { exitCode, stderr } = await site.go('build', '-o', 'app', '.');
      if (exitCode !== 0) throw new Error(stderr);
      // println writes to stderr.
      return execFileSync('sh', ['-c', './app 2>&1'], { cwd: world.workspace, encoding: 'utf8' }).trim();
    },
  };
  site.say(answer);
  return site;
}

/** An action entry of a cache (cmd/go/internal/cache, putIndexEntry). */
export interface Entry {
  readonly action: string;
  readonly output: string;
  readonly size: number;
  readonly file: string;
}

/** Returns the path of an action (`a`) or output (`d`) in a cache. */
export function fileOf(cache: string, id: string, kind: 'a' | 'd'): string {
  return join(cache, id.slice(0, 2), `${id}-${kind}`);
}

/** Returns all action entries of a cache. */
export function entriesIn(cache: string): readonly Entry[] {
  return readdirSync(cache, { recursive: true, encoding: 'utf8' })
    .filter((name) => /^..\/[0-9a-f]{64}-a$/.test(name))
    .map((name) => {
      const [, action = '', output = '', size = ''] = readFileSync(join(cache, name), 'latin1').split(/\s+/);
      return { action, output, size: Number(size), file: join(cache, name) };
    });
}

/** Returns the entries whose outputs start with these bytes, one for each output. */
export function outputsIn(cache: string, begins: string): readonly Entry[] {
  const seen = new Set<string>();
  return entriesIn(cache).filter(({ output }) => {
    const file = fileOf(cache, output, 'd');
    if (seen.has(output) || !existsSync(file) || !statSync(file).isFile()) return false;
    seen.add(output);
    return readFileSync(file).subarray(0, begins.length).toString('latin1') === begins;
  });
}

/** Writes an action entry that points to an output. */
export function point(cache: string, action: string, output: string, size: number): void {
  const file = fileOf(cache, action, 'a');
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(
    file,
    `v1 ${action} ${output} ${String(size).padStart(20)} ${String(BigInt(Date.now()) * 1_000_000n).padStart(20)}\n`,
  );
}

/** Overwrites bytes of a file in place. */
export function overwrite(file: string, at: number, bytes: Uint8Array): void {
  const fd = openSync(file, 'r+');
  try {
    writeSync(fd, bytes, 0, bytes.length, at);
  } finally {
    closeSync(fd);
  }
}

/**
 * Returns the archives of a cache that contain a text: the package with the text, and packages that inlined
 * it.
 */
export function archivesWith(cache: string, text: string): readonly Entry[] {
  return outputsIn(cache, '!<arch>\n').filter(({ output }) =>
    readFileSync(fileOf(cache, output, 'd')).includes(text),
  );
}

/** Sets the times of a file to an hour ago, so that nothing waits for it to settle. */
export function age(file: string): void {
  const then = Date.now() / 1000 - 3600;
  utimesSync(file, then, then);
}

/**
 * Replaces a text by another of the same length in every archive that contains it; go links these without
 * verifying them. Returns the ids of the archives.
 */
export function damageArchives(cache: string, from: string, to: string): readonly string[] {
  return archivesWith(cache, from).map(({ output }) => {
    const file = fileOf(cache, output, 'd');
    const bytes = readFileSync(file);
    for (let at = bytes.indexOf(from); at !== -1; at = bytes.indexOf(from, at + 1))
      overwrite(file, at, Buffer.from(to));
    age(file);
    return output;
  });
}

/** Returns the ids of the outputs whose content does not match their name, by `sha256sum`. */
export function wrongBySha256sum(cache: string): readonly string[] {
  const text = execFileSync('sh', ['-c', 'find . -type f -path "*-d*" -print0 | xargs -0 sha256sum'], {
    cwd: cache,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  return [...text.matchAll(/^([0-9a-f]{64}) {2}\.\/..\/([0-9a-f]{64})-d/gm)]
    .filter(([, sum, name]) => sum !== name)
    .map(([, , name]) => name as string)
    .sort();
}
