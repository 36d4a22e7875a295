/**
 * `godrift what-if` compared with the real go: makes a world, takes a snapshot of what `go version` did
 * there, really makes the change, and runs go again. The new result must be among the answers of what-if, and
 * a single answer must be that result. Nothing uses the network: the proxy is a folder.
 *
 * WHATIF_WORLDS=2000 generates more worlds than the sample of a normal run.
 */
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseChanges } from '../../src/explain/what-if/changes.ts';
import { whatIfMember } from '../../src/explain/what-if/member.ts';
import type { WhatIfVerdict } from '../../src/explain/what-if/model.ts';
import { toolchainCachePaths } from '../../src/go/select.ts';
import { writeProxy } from '../lab/module-proxy.ts';
import { randomOf } from '../lab/random.ts';
import {
  cloneToolchain,
  ensureToolchain,
  runGo,
  scratch,
  type Toolchain,
  toolchainVersions,
} from '../lab/toolchains.ts';

const count = Number(process.env['WHATIF_WORLDS'] ?? 60);

/** Everything that decides which Go runs. */
interface Truth {
  /** The go first on PATH; the last entry of the list is a tree whose go.env sets GOTOOLCHAIN=local. */
  readonly local: number;
  readonly setting: string;
  readonly go: string;
  readonly toolchain: string;
  readonly file: 'go.mod' | 'go.work';
  readonly modules: '' | 'off';
  readonly path: 'none' | 'all';
  readonly cache: 'none' | 'some' | 'all';
  /** A folder that offers every toolchain, the same followed by another proxy, or none. */
  readonly proxy: 'folder' | 'folder,direct' | 'off';
  readonly sumdb: 'off' | 'on';
}

const inCache: Readonly<Record<Truth['cache'], readonly string[]>> = {
  none: [],
  some: ['1.26.0', '1.27.4'],
  all: toolchainVersions,
};
/** Releases that go and toolchain lines name; the last ones exist only in the proxy. */
const asked = [...toolchainVersions, '1.26.8', '1.28.1'];
const languages = ['1.20', '1.21', '1.24', '1.26', '1.27', '1.28'];
const settings = [
  '',
  '',
  'auto',
  'local',
  'path',
  'local+auto',
  'go1.26.0',
  'go1.24.13+auto',
  'go1.27.4+path',
  'go1.28.1',
];

let locals: readonly Toolchain[];
let platform: string;
let lab: string;

/**
 * The program of a toolchain in the proxy: the real one if there is one, else a script that prints its name.
 */
function program(version: string): string {
  const real = locals.find((one) => one.version === version);
  return real === undefined
    ? `#!/bin/sh\necho "go version go${version} ${platform}"\n`
    : `#!/bin/sh\nexec '${real.go}' "$@"\n`;
}

function makeProxy(folder: string): void {
  writeProxy(
    folder,
    [...asked, '1.20.5', ...languages.slice(1).map((one) => `${one}.0`)].map((version) => ({
      path: 'golang.org/toolchain',
      version: `v0.0.1-go${version}.${platform.replace('/', '-')}`,
      go: '',
      files: Object.fromEntries(
        ['bin/go', 'bin/gofmt', 'lib/x', 'pkg/tool/x'].map((name) => [name, program(version)]),
      ),
    })),
  );
}

/** Makes a module cache with toolchains that go considers complete: a link to the tree, and its zip hash. */
function makeCache(folder: string, versions: readonly string[]): void {
  mkdirSync(join(folder, 'golang.org'), { recursive: true });
  mkdirSync(join(folder, 'cache/download/golang.org/toolchain/@v'), { recursive: true });
  for (const version of versions) {
    const paths = toolchainCachePaths(`go${version}`, platform);
    symlinkSync(locals.find((one) => one.version === version)?.goroot ?? '', join(folder, paths.dir));
    writeFileSync(join(folder, paths.ziphash), `h1:${'A'.repeat(43)}=`);
  }
}

beforeAll(async () => {
  lab = scratch('what-if');
  const shared = await Promise.all(toolchainVersions.map(ensureToolchain));
  const held = await cloneToolchain('1.26.0', join(lab, 'held'), { own: ['go.env'] });
  const file = join(held.goroot, 'go.env');
  writeFileSync(file, readFileSync(file, 'utf8').replace(/^GOTOOLCHAIN=.*$/m, 'GOTOOLCHAIN=local'));
  locals = [...shared, held];
  const { stdout } = await runGo(held, ['version']);
  platform = stdout.trim().split(' ').at(-1) ?? '';
  makeProxy(join(lab, 'proxy'));
  mkdirSync(join(lab, 'path'));
  for (const { version, go } of shared) symlinkSync(go, join(lab, 'path', `go${version}`));
});

const offers = ({ proxy }: Truth) =>
  proxy === 'off' ? 'off' : `file://${lab}/proxy${proxy.slice('folder'.length)}`;

/** The result of go. */
interface Done {
  readonly outcome: string;
  readonly version: string;
  readonly refused: boolean;
}

/** Runs the real go in a fresh module cache. */
async function done(truth: Truth): Promise<Done> {
  const { local, setting, go, toolchain, file, modules, path, cache, sumdb } = truth;
  const first = locals[local] as Toolchain;
  const home = scratch('world');
  const workspace = join(home, 'app');
  mkdirSync(workspace);
  const lines = [...(go === '' ? [] : [`go ${go}`]), ...(toolchain === '' ? [] : [`toolchain ${toolchain}`])];
  const text = lines.map((line) => `${line}\n`).join('');
  writeFileSync(join(workspace, 'go.mod'), `module m\n${file === 'go.mod' ? text : ''}`);
  if (file === 'go.work') writeFileSync(join(workspace, 'go.work'), `${text}\nuse .\n`);
  makeCache(join(home, 'mod'), inCache[cache]);
  const env = {
    HOME: home,
    PATH: [
      ...(path === 'all' ? [join(lab, 'path')] : []),
      join(first.goroot, 'bin'),
      '/usr/bin',
      '/bin',
    ].join(delimiter),
    GOENV: 'off',
    GOMODCACHE: join(home, 'mod'),
    GOFLAGS: '-modcacherw',
    GOPROXY: offers(truth),
    GOSUMDB: sumdb === 'off' ? 'off' : '',
    GO111MODULE: modules || undefined,
    GOTOOLCHAIN: setting || undefined,
  };
  try {
    const run = await runGo(first, ['version'], { cwd: workspace, env });
    const version = /^go version go(\S+)/.exec(run.stdout)?.[1] ?? '';
    if (run.exitCode !== 0)
      return {
        outcome: /checksum database disabled|verifying module/.test(run.stderr) ? 'forbidden' : 'not-found',
        version: '',
        refused: false,
      };
    const isThere = path === 'all' && (toolchainVersions as readonly string[]).includes(version);
    const outcome =
      version === first.version
        ? 'local'
        : isThere
          ? 'path'
          : inCache[cache].includes(version)
            ? 'cached'
            : 'download';
    const listed = await runGo(first, ['list', '-m'], { cwd: workspace, env });
    return { outcome, version, refused: / requires go >= /.test(listed.stderr) };
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

/** A random change, as applied to the world and as passed to what-if. */
function changed(
  truth: Truth,
  pick: <T>(list: readonly T[]) => T,
): { readonly after: Truth; readonly set: readonly string[]; readonly go?: string } {
  const file = truth.file === 'go.mod' ? 'go_mod' : 'go_work';
  const ways = {
    setting: () => pick(['auto', 'local', 'path', 'go1.27.4', 'go1.26.0+auto']),
    proxy: () => 'off' as const,
    go: () => pick([...languages.slice(1), ...asked]),
    toolchain: () => pick(['', 'default', 'go1.27.4', 'go1.24.13', 'go1.28.1']),
    local: () => pick([0, 1, 2, 3, 4]),
    modules: () => 'off' as const,
  };
  const what = pick(Object.keys(ways) as (keyof typeof ways)[]);
  const value = ways[what]();
  const after: Truth = { ...truth, [what]: value };
  if (what === 'local') return { after, set: [], go: (locals[after.local] as Toolchain).version };
  const key = {
    setting: 'env.GOTOOLCHAIN',
    proxy: 'env.GOPROXY',
    modules: 'env.GO111MODULE',
    go: `${file}.go`,
    toolchain: `${file}.toolchain`,
  }[what];
  return { after, set: [`${key}=${value}`] };
}

/** The snapshot entries of a world that matter for the selection of a toolchain. */
function entriesOf(truth: Truth, { version, outcome }: Done): ReadonlyMap<string, string> {
  const entries = {
    'toolchain.version': version,
    'toolchain.origin': outcome,
    'env.GOTOOLCHAIN': truth.setting,
    'env.GO111MODULE': truth.modules,
    'env.GOPROXY': offers(truth),
    'env.GOSUMDB': truth.sumdb === 'off' ? 'off' : '',
    'modules.go_mod': 'sha256:00',
    'modules.go_work': truth.file === 'go.work' ? 'sha256:00' : '',
  };
  return new Map(Object.entries(entries).filter(([, value]) => value !== ''));
}

const isAnswer = (done: Done) => (verdict: WhatIfVerdict) =>
  verdict.outcome === done.outcome &&
  (verdict.refuses_module === true) === done.refused &&
  // A version that no snapshot contains is omitted.
  (verdict.version === (done.version || undefined) || verdict.version === undefined);

function truthOf(random: () => number): Truth {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  return {
    local: pick([0, 1, 2, 3, 4, 5]),
    setting: pick(settings),
    go: pick(['', ...languages, ...asked]),
    toolchain: pick(['', '', '', 'default', ...asked.map((one) => `go${one}`)]),
    file: pick(['go.mod', 'go.mod', 'go.work']),
    modules: random() < 0.05 ? 'off' : '',
    path: pick(['none', 'none', 'all']),
    ...pick([
      { proxy: 'folder', sumdb: 'off', cache: pick(['none', 'some', 'all']) },
      { proxy: 'folder,direct', sumdb: 'off', cache: pick(['none', 'some', 'all']) },
      { proxy: 'off', sumdb: 'off', cache: pick(['none', 'some', 'all']) },
      // For a cached toolchain, go would ask the checksum database.
      { proxy: 'off', sumdb: 'on', cache: 'none' },
    ] as const),
  };
}

describe('what-if, compared with go version and go list', () => {
  it('includes the result of go among its answers, and often gives a single answer', async () => {
    const counts = { one: 0, several: 0, runs: 0 };
    const outcomes = new Map<string, number>();
    const wrong: unknown[] = [];
    let seed = 0;
    let played = 0;
    const work = async () => {
      while (played < count) {
        const random = randomOf(++seed);
        const isPublished = seed % 2 === 0;
        const truth = truthOf(random);
        const { after, set, go } = changed(
          truth,
          (list) => list[Math.floor(random() * list.length)] as never,
        );
        const before = await done(truth);
        counts.runs += 2;
        // If go fails, the snapshot has no version and what-if no answer.
        if (before.version === '') continue;
        played++;
        const now = await done(after);
        counts.runs += 2;
        outcomes.set(now.outcome, (outcomes.get(now.outcome) ?? 0) + 1);
        const lines = {
          ...(truth.go === '' ? {} : { go: truth.go }),
          ...(/^go/.test(truth.toolchain) ? { toolchain: truth.toolchain } : {}),
        };
        const answer = whatIfMember(
          {
            name: 'm',
            pool: '',
            time: 0,
            entries: entriesOf(truth, before),
            ...(isPublished ? { lines } : {}),
          },
          parseChanges(set, go),
        );
        const all = [...answer.after, ...answer.unless];
        counts[all.length === 1 ? 'one' : 'several']++;
        if (!all.some(isAnswer(now)))
          wrong.push({ truth, set, go, before, now, all, unknown: answer.unknown });
      }
    };
    await Promise.all(Array.from({ length: 4 }, work));
    console.info(
      `what-if: ${played} worlds, ${counts.runs} asked of ${locals.length} trees`,
      counts,
      Object.fromEntries(outcomes),
    );
    expect(wrong.slice(0, 5)).toEqual([]);
    expect(counts.one).toBeGreaterThan(count * 0.2);
  });
});
