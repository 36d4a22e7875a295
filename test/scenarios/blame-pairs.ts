/** Differences of which each alone does no harm, and two together break a build: what godrift must name are both, and nothing else. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { linkOnPath, type Site } from './site.ts';

/** Two that break a build together. */
export interface Pair {
  readonly title: string;
  /** Variables of the process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Lines of GOENV. */
  readonly goenv?: readonly string[];
  /** Files of the workspace. */
  readonly files?: Readonly<Record<string, string>>;
  /** Entries that are to be named, sorted. */
  readonly named: readonly [string, string];
}

/** Which platforms there are is in each toolchain (internal/platform); all of these systems and processors have partners. */
const platforms = [
  ['windows', 's390x'],
  ['darwin', '386'],
  ['freebsd', 'mips'],
  ['netbsd', 'riscv64'],
] as const;

export const pairs: readonly Pair[] = [
  ...platforms.map(
    ([os, arch]): Pair => ({
      title: `no such platform: ${os}/${arch}`,
      env: { GOOS: os },
      goenv: [`GOARCH=${arch}`],
      named: ['env.GOARCH', 'env.GOOS'],
    }),
  ),
  {
    title: '-mod=mod and a go.work',
    goenv: ['GOFLAGS=-mod=mod'],
    files: { 'go.work': 'go 1.21\n\nuse .\n' },
    named: ['env.GOFLAGS', 'modules.go_work'],
  },
  {
    title: '-modfile and a go.work',
    env: { GOFLAGS: '-modfile=other.mod' },
    files: { 'go.work': 'go 1.21\n\nuse .\n' },
    named: ['env.GOFLAGS', 'modules.go_work'],
  },
  {
    title: 'a newer go line and GOTOOLCHAIN=local',
    goenv: ['GOTOOLCHAIN=local'],
    files: { 'go.mod': 'module example.com/app\n\ngo 1.27.0\n' },
    named: ['env.GOTOOLCHAIN', 'modules.go_mod'],
  },
  {
    title: 'the race detector without cgo',
    env: { CGO_ENABLED: '0' },
    goenv: ['GOFLAGS=-race'],
    named: ['env.CGO_ENABLED', 'env.GOFLAGS'],
  },
  {
    title: 'the address sanitizer without cgo',
    env: { CGO_ENABLED: '0', GOFLAGS: '-asan' },
    named: ['env.CGO_ENABLED', 'env.GOFLAGS'],
  },
  {
    title: 'the race detector on 386',
    env: { GOARCH: '386' },
    goenv: ['GOFLAGS=-race'],
    named: ['env.GOARCH', 'env.GOFLAGS'],
  },
  {
    title: 'position-independent programs on mips',
    env: { GOFLAGS: '-buildmode=pie' },
    goenv: ['GOARCH=mips'],
    named: ['env.GOARCH', 'env.GOFLAGS'],
  },
];

/** The world in which all of them are played: on go1.26.0, with a go1.27.0 on PATH, an approved file for -modfile, and cgo switched on. */
export function makePairsWorld(site: Site): void {
  linkOnPath(site, '1.27.0');
  site.env['GOPROXY'] = 'off';
  site.write('other.mod', 'module example.com/app\n\ngo 1.21\n');
}

/** Makes a pair happen; what it answers undoes it. */
export function play(site: Site, { env = {}, goenv = [], files = {} }: Pair): () => void {
  const before = Object.keys(env).map((name) => [name, site.env[name]] as const);
  Object.assign(site.env, env);
  site.goenv(goenv.map((line) => `${line}\n`).join(''));
  for (const [name, text] of Object.entries(files)) site.write(name, text);
  return () => {
    for (const [name, value] of before) site.env[name] = value;
    site.goenv('');
    rmSync(join(site.workspace, 'go.work'), { force: true });
    site.write('go.mod', 'module example.com/app\n\ngo 1.21\n');
  };
}
