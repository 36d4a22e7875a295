/**
 * Counts the worlds that `godrift blame` needs to find one of thirty differences, for each kind of difference
 * that breaks a build. Prints the figures of docs/explain.md: `npx vitest run --project e2e
 * test/e2e/blame-thirty.test.ts`.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BlameDocument } from '../../src/explain/blame/answer.ts';
import { missingMounts, mounts } from '../lab/namespaces.ts';
import { knowFiles } from '../lab/toolchain-lists.ts';
import { bin, makeSite, type Site, sdk } from '../scenarios/site.ts';

/** Variables without effect on this build, which has no C in it. */
const harmless = {
  process: {
    GOPRIVATE: 'a.example',
    GONOPROXY: 'b.example',
    GONOSUMDB: 'c.example',
    GOINSECURE: 'd.example',
    GODEBUG: 'http2client=0',
    GOAUTH: 'off',
    GOBIN: '/opt/bin',
    GO_EXTLINK_ENABLED: '0',
    CGO_CFLAGS: '-O1',
    GCCGO: 'gccgo-9',
    FC: 'gfortran-9',
    AR: 'gcc-ar',
  },
  goenv: {
    GOVCS: 'public:git|hg',
    PKG_CONFIG: 'pkgconf',
    CXX: 'g++-9',
    CGO_CXXFLAGS: '-O1',
    CGO_CPPFLAGS: '-O1',
    CGO_FFLAGS: '-O1',
    CGO_LDFLAGS: '-O1',
    CGO_CFLAGS_ALLOW: '-x',
    CGO_CFLAGS_DISALLOW: '-y',
    CGO_CPPFLAGS_ALLOW: '-x',
    CGO_CPPFLAGS_DISALLOW: '-y',
    CGO_CXXFLAGS_DISALLOW: '-y',
    CGO_FFLAGS_DISALLOW: '-y',
    CGO_CXXFLAGS_ALLOW: '-x',
    CGO_FFLAGS_ALLOW: '-x',
    CGO_LDFLAGS_ALLOW: '-x',
    CGO_LDFLAGS_DISALLOW: '-y',
  },
} as const;
const count = Object.keys(harmless.process).length + Object.keys(harmless.goenv).length;

const mod = 'module example.com/app\n\ngo 1.21\n';
const source = 'package main\n\nfunc main() {}\n';

interface Broken {
  readonly kind: string;
  readonly key: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly goenv?: string;
  readonly files?: Readonly<Record<string, string>>;
}

const kinds: readonly Broken[] = [
  { kind: 'variable that go refuses', key: 'env.GOFLAGS', env: { GOFLAGS: '-mod=mend' } },
  { kind: 'variable that go takes', key: 'env.GOOS', env: { GOOS: 'plan10' } },
  { kind: 'line of GOENV', key: 'env.GOFLAGS', goenv: 'GOFLAGS=-tags=broken\n' },
  { kind: 'line of GOENV that go refuses', key: 'env.GOEXPERIMENT', goenv: 'GOEXPERIMENT=nosuch\n' },
  { kind: 'go that PATH finds', key: 'toolchain.version', env: { PATH: `${bin('1.21.13')}:/usr/bin:/bin` } },
  { kind: 'go.mod', key: 'modules.go_mod', files: { 'go.mod': mod.replace('1.21', '1.99') } },
  { kind: 'go.work', key: 'modules.go_work', files: { 'go.work': 'go 1.21\n\nuse (\n\t.\n\t./gone\n)\n' } },
  {
    kind: 'source in the repository',
    key: 'modules.source',
    files: { 'app.go': `${source}\nvar _ = gone\n` },
  },
];

describe.skipIf('missing' in mounts)(`godrift blame among ${count + 1} differences${missingMounts}`, () => {
  let site: Site;
  const worlds = new Map<string, number>();

  beforeAll(async () => {
    site = await makeSite({
      go: '1.27.4',
      fresh: true,
      files: {
        'go.mod': mod,
        'app.go': source,
        'broken.go': '//go:build broken\n\npackage main\n\nvar _ = broken\n',
        'new.go': '//go:build !go1.24\n\npackage main\n\nvar _ = old\n',
      },
    });
    site.env.GOPROXY = 'off';
    site.env.GOTOOLCHAIN = 'local';
    const committed = await site.shell(
      'git init -q . && git add -A && git -c user.name=a -c user.email=a@example.com commit -qm healthy',
    );
    expect(committed.exitCode, committed.text).toBe(0);
    await knowFiles(sdk(site.version), join(site.home, 'state'));
    const accepted = await site.godrift('baseline', 'accept', '--reason', 'healthy');
    expect(accepted.exitCode, accepted.stderr).toBe(0);
  });
  afterAll(() => site.end());

  it.each(kinds)('finds the difference: $kind', async ({ kind, key, env = {}, goenv = '', files = {} }) => {
    const before = { ...site.env };
    Object.assign(site.env, harmless.process, env);
    const lines = Object.entries(harmless.goenv).map(([name, value]) => `${name}=${value}\n`);
    site.goenv(`${lines.join('')}${goenv}`);
    for (const [name, text] of Object.entries(files)) site.write(name, text);
    const { stdout, stderr } = await site.godrift('blame', '--json');
    for (const name of Object.keys(site.env)) site.env[name] = before[name];
    rmSync(join(site.workspace, 'go.work'), { force: true });
    site.write('go.mod', mod);
    site.write('app.go', source);
    const document: BlameDocument = JSON.parse(stdout === '' ? JSON.stringify({ why: stderr }) : stdout);
    const named = (document.causes ?? []).map(({ entries }) => entries.map((entry) => entry.key));
    expect(named, JSON.stringify(document)).toEqual([[key]]);
    worlds.set(kind, document.worlds);
    // An older go does not know all of the variables.
    expect(document.differences).toBeGreaterThanOrEqual(29);
  });

  it('needs a median of at most twelve worlds', () => {
    const all = [...worlds.values()].sort((a, b) => a - b);
    process.stdout.write(`${[...worlds].map(([kind, one]) => `| ${kind} | ${one} |`).join('\n')}\n`);
    expect(all).toHaveLength(kinds.length);
    // For an even count, the greater of the two middle values.
    expect(all[all.length >> 1]).toBeLessThanOrEqual(12);
  });
});
