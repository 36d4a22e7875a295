/** `godrift blame` with real go commands: it finds the cause by trials, and leaves the host unchanged. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BlameDocument } from '../../src/explain/blame/answer.ts';
import { sharedBuildCache } from '../lab/build-cache.ts';
import { missingMounts, mounts } from '../lab/namespaces.ts';
import { program } from '../lab/program.ts';
import { deeds, outerLines, strace, traceable } from '../lab/strace.ts';
import { scratch } from '../lab/toolchains.ts';
import { differing, homeOf } from '../lab/tree.ts';
import { main, makeSite, type Site } from '../scenarios/site.ts';

/** Settings without effect on this build. */
const harmless = [
  'GOPRIVATE=example.com',
  'GOVCS=public:git|hg',
  'GOINSECURE=example.org',
  'GONOSUMDB=example.net',
];

/** The blamed keys of each cause, sorted. */
const causesOf = ({ causes }: BlameDocument) =>
  causes.map(({ entries }) => entries.map(({ key }) => key).sort());

describe.skipIf('missing' in mounts)(`godrift blame${missingMounts}`, () => {
  let site: Site;
  const blame = async (...args: readonly string[]) => {
    const { stdout, stderr, exitCode } = await site.godrift('blame', '--json', ...args);
    if (stdout === '') throw new Error(stderr);
    return { exitCode, document: JSON.parse(stdout) as BlameDocument };
  };

  beforeAll(async () => {
    site = await makeSite({ go: '1.27.4', fresh: true, files: main('println(42)') });
    site.env.GOPROXY = 'off';
    site.goenv('GOFLAGS=-trimpath\n');
    const { exitCode, stderr } = await site.godrift('baseline', 'accept', '--reason', 'healthy');
    expect(exitCode, stderr).toBe(0);
  });
  afterAll(() => site.end());

  it('names the one harmful setting of several, its line, the message of go and the repair, and changes no file of the host', async () => {
    site.goenv(`${harmless.join('\n')}\nGOFLAGS=-mod=mend\n`);
    const before = homeOf(site);
    const { stdout, exitCode } = await site.godrift('blame');
    expect(stdout).toMatch(/^broken by env\.GOFLAGS: -trimpath → -mod=mend \(\S+\/\.config\/go\/env:5\)\n/);
    expect(stdout).toMatch(/says: {3}-mod=mend not supported/);
    expect(stdout).toContain(
      'repair: godrift rollback --key GOFLAGS\n  the command was seen to pass without it',
    );
    expect(exitCode).toBe(1);
    expect(differing(before, homeOf(site))).toEqual([]);
  });

  it.skipIf(!traceable)(
    'writes only to the state directory and to its own folder, which it removes',
    async () => {
      site.goenv(`${harmless.join('\n')}\nGOFLAGS=-mod=mend\n`);
      const before = homeOf(site);
      const mounted = readFileSync('/proc/self/mounts', 'utf8');
      const trace = join(scratch('trace'), 'out');
      const calls = 'trace=%file,connect,execve,clone,clone3,fork,vfork';
      // Outside a sandbox, this command would write to the workspace, GOCACHE and the home directory.
      const command = ['sh', '-c', 'touch here "$HOME/there" && go vet . && exit 1'];
      const { exitCode, stdout } = await execa(
        strace as string,
        [
          '-f',
          '-qq',
          '-s',
          '4096',
          '-e',
          calls,
          '-o',
          trace,
          process.execPath,
          program,
          'blame',
          '--',
          ...command,
        ],
        { cwd: site.workspace, env: site.env as Record<string, string>, extendEnv: false, reject: false },
      );
      expect([exitCode, stdout]).toEqual([2, expect.stringContaining('no cause found')]);
      const text = readFileSync(trace, 'utf8');
      expect(text).toMatch(/ execve\("[^"]*\/unshare"/);
      const own = /mkdir\("(\/[^"]*\/godrift-blame-\w+)"/.exec(text)?.[1] ?? 'none was made';
      const offences = deeds(outerLines(text, /\/unshare$/)).filter(
        (line) =>
          !line.includes(`"${own}`) &&
          !line.includes(`"${join(site.home, 'state')}`) &&
          !/ execve\(/.test(line),
      );
      expect(offences).toEqual([]);
      expect(existsSync(own)).toBe(false);
      expect(readFileSync('/proc/self/mounts', 'utf8')).toBe(mounted);
      expect(differing(before, homeOf(site))).toEqual([]);
    },
  );

  it('names two differences that break the build only together, and repairs just one of them', async () => {
    site.goenv(`GOFLAGS=-trimpath -mod=mod\n${harmless.join('\n')}\n`);
    site.write('go.work', 'go 1.21\n\nuse .\n');
    const { document, exitCode } = await blame('--jobs', '2');
    expect(causesOf(document)).toEqual([['env.GOFLAGS', 'modules.go_work']]);
    expect(document.causes[0]).toMatchObject({ proven: true, repair: [expect.any(String)] });
    // Fields that consumers rely on (contract §8).
    expect(document).toMatchObject({
      schema: 'godrift.blame/1',
      command: ['go', 'build', './...'],
      reproduced: true,
      repair: document.causes[0]?.repair[0],
      worlds: document.trials.length,
      seconds: expect.any(Number),
    });
    expect([...document.culprits].sort((a, b) => (a.key < b.key ? -1 : 1))).toMatchObject([
      {
        key: 'env.GOFLAGS',
        expected: '-trimpath',
        actual: '-trimpath -mod=mod',
        origin: { kind: 'goenv', line: 1 },
      },
      { key: 'modules.go_work' },
    ]);
    expect(exitCode).toBe(1);
    rmSync(join(site.workspace, 'go.work'));
  });

  it('finds the cause of a wrong program if the command checks its output', async () => {
    site.write('answer_fast.go', '//go:build fast\n\npackage main\n\nconst answer = 41\n');
    site.write('answer.go', '//go:build !fast\n\npackage main\n\nconst answer = 42\n');
    site.write('app.go', 'package main\n\nfunc main() { println(answer) }\n');
    site.goenv(`GOFLAGS=-trimpath -tags=fast\n${harmless.join('\n')}\n`);
    const { document } = await blame('--', 'sh', '-c', 'test "$(go run . 2>&1)" = 42');
    expect(causesOf(document)).toEqual([['env.GOFLAGS']]);
  });

  it('names the tracked file edited since the acceptance and its git restore, but not an untracked file that was already there', async () => {
    site.goenv('GOFLAGS=-trimpath\n');
    for (const name of ['answer_fast.go', 'answer.go', 'app.go'])
      rmSync(join(site.workspace, name), { force: true });
    site.write('app.go', 'package main\n\nfunc main() { println(two) }\n');
    site.write('two.go', 'package main\n\nconst two = 2\n');
    const said = await site.shell(
      'git init -q . && git add app.go && git -c user.name=a -c user.email=a@example.com commit -qm healthy',
    );
    expect(said.exitCode, said.text).toBe(0);
    const accepted = await site.godrift('baseline', 'accept', '--reason', 'with a repository');
    expect(accepted.exitCode, accepted.stderr).toBe(0);
    site.write('app.go', 'package main\n\nfunc main() { println(three) }\n');
    const { document, exitCode } = await blame();
    // two.go is untracked, but already existed when the baseline was accepted.
    expect(causesOf(document)).toEqual([['modules.source']]);
    expect(document.causes[0]).toMatchObject({
      proven: true,
      repair: [expect.stringMatching(/^git restore --source=[0-9a-f]{12} -- app\.go$/)],
    });
    expect(exitCode).toBe(1);
    rmSync(join(site.workspace, '.git'), { recursive: true });
    site.write('app.go', 'package main\n\nfunc main() { println(two) }\n');
  });

  it('overlays a build cache named only by GOCACHE of the process, even without a go on PATH', async () => {
    // Outside the home and temporary directories, which have overlays anyway.
    const cache = mkdtempSync(join(dirname(sharedBuildCache()), 'blame-gocache-'));
    const { PATH } = site.env;
    try {
      site.env.GOCACHE = cache;
      const accepted = await site.godrift('baseline', 'accept', '--reason', 'with another cache');
      expect(accepted.exitCode, accepted.stderr).toBe(0);
      const before = readdirSync(cache);
      site.env.PATH = '/usr/bin:/bin';
      const { document } = await blame();
      expect(causesOf(document)).toEqual([['toolchain.version']]);
      expect(document.causes[0]).toMatchObject({ proven: true });
      expect(readdirSync(cache)).toEqual(before);
    } finally {
      site.env.PATH = PATH;
      site.env.GOCACHE = undefined;
      rmSync(cache, { recursive: true });
    }
  });

  it('blames no difference if the command passes, is flaky, or also fails in the approved world', async () => {
    expect(await blame('--', 'go', 'version')).toMatchObject({
      exitCode: 0,
      document: { result: 'passes', reproduced: false, culprits: [], repair: '' },
    });
    // Fails every second time: worlds of one kind share a build cache, which holds the flag.
    const turn = 'c=$HOME/.cache/go-build/turn; if test -e "$c"; then rm "$c"; else touch "$c"; exit 1; fi';
    expect(await blame('--', 'sh', '-c', turn)).toMatchObject({
      exitCode: 2,
      document: { result: 'flaky', why: expect.stringContaining('flaky') },
    });
    const fails = await blame('--', 'sh', '-c', 'echo no such thing; exit 3');
    expect(fails).toMatchObject({
      exitCode: 2,
      document: { result: 'not-reproduced', message: 'no such thing' },
    });
    expect(fails.document.why).toMatch(
      /with all \d+ differences undone the command fails as well: no such thing/,
    );
  });
});
