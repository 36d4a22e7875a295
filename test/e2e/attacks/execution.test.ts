/**
 * Whoever sets a variable of an observed process, or brings a pull request, tries to have a program of his run by godrift: as `$SHELL`, as
 * a compiler, as the `go` of a relative entry of PATH, of the workspace, of a tree that others may write. None is run; each leaves a mark if so.
 */
import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { eventually, godrift, makeWorld, seriesOf, startExporter, type World } from '../../lab/godrift.ts';
import { ensureToolchain, onPath, runGo, scratch } from '../../lab/toolchains.ts';

const go127 = await ensureToolchain('1.27.4');
const root = process.getuid?.() === 0;
const setpriv = root ? await onPath('setpriv') : undefined;

/** A script that marks that it ran, and answers as bash would. */
function markingScript(at: string, mark: string): string {
  mkdirSync(dirname(at), { recursive: true });
  writeFileSync(at, `#!/bin/sh\necho "$0 $*" >> '${mark}'\necho 'GNU bash, version 5.2.0'\n`);
  chmodSync(at, 0o755);
  return at;
}

/** A program that calls itself the go command and marks that it ran, with the names of its environment. */
const markingGo = (async () => {
  const source = scratch('marking-go');
  writeFileSync(join(source, 'go.mod'), 'module xmd/go\n\ngo 1.21\n');
  writeFileSync(
    join(source, 'main.go'),
    `package main

import (
	"os"
	"path/filepath"
	"strings"
)

func main() {
	self, _ := os.Executable()
	names := []string{}
	for _, pair := range os.Environ() {
		name, _, _ := strings.Cut(pair, "=")
		names = append(names, name)
	}
	line := strings.Join(os.Args[1:], " ") + "\\t" + strings.Join(names, " ") + "\\n"
	for here := filepath.Dir(self); here != "/"; here = filepath.Dir(here) {
		if _, err := os.Stat(filepath.Join(here, "marks")); err == nil {
			file, _ := os.OpenFile(filepath.Join(here, "marks"), os.O_APPEND|os.O_WRONLY, 0)
			file.WriteString(line)
			file.Close()
		}
	}
	os.Exit(1)
}
`,
  );
  const built = await runGo(go127, ['build', '-o', 'go', '.'], {
    cwd: source,
    env: { GOTOOLCHAIN: 'local', GOFLAGS: '-buildvcs=false', CGO_ENABLED: '0' },
  });
  expect(built.exitCode, built.stderr).toBe(0);
  const bytes = readFileSync(join(source, 'go')).toString('latin1').replaceAll('xmd/go', 'cmd/go');
  writeFileSync(join(source, 'go'), bytes, 'latin1');
  return join(source, 'go');
})();

async function placeGo(at: string): Promise<string> {
  mkdirSync(dirname(at), { recursive: true });
  copyFileSync(await markingGo, at);
  chmodSync(at, 0o755);
  return at;
}

const app = {
  'go.mod': 'module e.com/x\n\ngo 1.21\n\nrequire e.com/dep v0.0.0\n\nreplace e.com/dep => ./dep\n',
  'dep/go.mod': 'module e.com/dep\n\ngo 1.21\n',
};

/** A world in which go would be asked for the build list, and the file that tells what ran in it. */
function markedWorld(): World & { readonly marks: string } {
  const world = makeWorld(undefined, app);
  mkdirSync(join(world.home, 'go/pkg/mod'), { recursive: true });
  const marks = join(world.home, 'marks');
  writeFileSync(marks, '');
  return { ...world, marks };
}

/** Findings of a check, and what ran during it. */
async function checked(world: World & { readonly marks: string }, env: Readonly<Record<string, string>>) {
  const { stdout } = await godrift(world, ['check', '--json'], env);
  const { findings } = JSON.parse(stdout) as { findings: { rule: string; level: string; summary: string }[] };
  return { findings, ran: readFileSync(world.marks, 'utf8') };
}

/** Serves for some passes, the first of which asks go for its own view; what ran. */
async function served(world: World & { readonly marks: string }, env: Readonly<Record<string, string>>) {
  const exporter = await startExporter(world, ['--interval', '200ms'], { env });
  try {
    await eventually(
      'three passes',
      async () => (seriesOf(await exporter.metrics(), 'godrift_passes_total') ?? 0) >= 3,
    );
    return { page: await exporter.metrics(), ran: readFileSync(world.marks, 'utf8') };
  } finally {
    await exporter.stop();
  }
}

describe('the go that answers', () => {
  it('is asked where it is this user’s own, with no more of the environment than it needs', async () => {
    const world = markedWorld();
    await placeGo(join(world.home, 'sdk/bin/go'));
    const PATH = `${world.home}/sdk/bin:/usr/bin:/bin`;
    const { ran } = await served(world, { PATH, AWS_SECRET_ACCESS_KEY: 's3cr3t', GOPRIVATE: 'corp.example' });
    // So the marks of the other cases can be missed.
    expect(ran).toMatch(/^list -m -e -json all\t/m);
    expect(ran).toMatch(/^env -json \S.*\t.*\bGOPRIVATE\b/m);
    expect(ran).not.toMatch(/AWS_SECRET|GODRIFT_STATE|SHELL/);
  });

  const relative = ['bin', './bin', '', '.', '../app', 'dep/../bin', 'bin/'];
  it.each(relative)('is not asked by the entry %j of PATH, and that is said', async (entry) => {
    const world = markedWorld();
    for (const name of ['go', 'bin/go']) await placeGo(join(world.workspace, name));
    const PATH = `${entry}:/usr/bin:/bin`;
    const { findings, ran } = await checked(world, { PATH });
    expect(ran).toBe('');
    expect(findings).toContainEqual(expect.objectContaining({ rule: 'path-relative', level: 'minor' }));
    if (entry !== 'bin' && entry !== '') return;
    const { page, ran: inService } = await served(world, { PATH });
    expect(inService).toBe('');
    expect(page).toMatch(/^godrift_conflict_info\{.*rule="path-relative"/m);
    expect(page).not.toMatch(/^godrift_env_disagreements\{/m);
  });

  it('is not asked from the workspace, by an absolute path, a link out of it or a link into it', async () => {
    const world = markedWorld();
    const inside = await placeGo(join(world.workspace, 'tools/bin/go'));
    const outside = await placeGo(join(world.home, 'sdk/bin/go'));
    mkdirSync(join(world.workspace, 'linked'));
    symlinkSync(outside, join(world.workspace, 'linked/go'));
    symlinkSync(dirname(inside), join(world.home, 'into'));
    for (const directory of [dirname(inside), join(world.workspace, 'linked'), join(world.home, 'into')]) {
      const { findings, ran } = await checked(world, { PATH: `${directory}:/usr/bin:/bin` });
      expect(ran, directory).toBe('');
      expect(findings, directory).toContainEqual(
        expect.objectContaining({
          rule: 'go-not-run',
          summary: expect.stringContaining('the code being checked'),
        }),
      );
    }
  });

  it('is not asked from the repository around the workspace, nor from another folder of its go.work', async () => {
    const world = markedWorld();
    mkdirSync(join(world.home, 'src/.git'));
    await placeGo(join(world.home, 'src/tools/go'));
    const PATH = `${world.home}/src/tools:/usr/bin:/bin`;
    expect((await checked(world, { PATH })).ran).toBe('');
    const other = markedWorld();
    await placeGo(join(other.home, 'other/bin/go'));
    writeFileSync(join(other.home, 'other/go.mod'), 'module e.com/other\n\ngo 1.21\n');
    writeFileSync(join(other.workspace, 'go.work'), 'go 1.21\n\nuse .\nuse ../../other\n');
    expect((await checked(other, { PATH: `${other.home}/other/bin:/usr/bin:/bin` })).ran).toBe('');
  });

  it('is not asked when a switch of toolchains or a setting of the exporter leads into the workspace', async () => {
    const world = markedWorld();
    await placeGo(join(world.workspace, 'tools/go1.27.4'));
    const PATH = `${world.workspace}/tools:${go127.goroot}/bin:/usr/bin:/bin`;
    expect((await checked(world, { PATH, GOTOOLCHAIN: 'go1.27.4+path' })).ran).toBe('');
    const config = join(world.home, 'godrift.yml');
    await placeGo(join(world.workspace, 'tools/go'));
    writeFileSync(
      config,
      `targets: [{name: a, workspace: ${world.workspace}, go: ${world.workspace}/tools/go}]\n`,
    );
    expect((await served(world, { PATH, GODRIFT_CONFIG_FILE: config })).ran).toBe('');
  });

  it('is not asked from the workspace’s GOROOT, HOME or module cache', async () => {
    const world = markedWorld();
    await placeGo(join(world.workspace, 'tree/bin/go'));
    mkdirSync(join(world.workspace, 'tree/pkg/tool'), { recursive: true });
    const PATH = `${go127.goroot}/bin:/usr/bin:/bin`;
    expect((await checked(world, { PATH, GOROOT: join(world.workspace, 'tree') })).ran).toBe('');
    await placeGo(join(world.workspace, 'sdk/go1.27.4/bin/go'));
    expect((await checked(world, { PATH, HOME: world.workspace })).ran).toBe('');
  });

  it.each(['sdk', 'sdk/bin', 'sdk/bin/go'])('is not asked where everybody may write %s', async (part) => {
    const world = markedWorld();
    await placeGo(join(world.home, 'sdk/bin/go'));
    chmodSync(join(world.home, part), 0o777);
    const { findings, ran } = await checked(world, { PATH: `${world.home}/sdk/bin:/usr/bin:/bin` });
    expect(ran).toBe('');
    expect(findings).toContainEqual(
      expect.objectContaining({
        rule: 'go-not-run',
        level: 'patch',
        summary: expect.stringContaining('can be written'),
      }),
    );
  });

  it.skipIf(!root)(
    `is not asked where it is another user’s${root ? '' : ' [skipped, missing: root]'}`,
    async () => {
      const world = markedWorld();
      chownSync(await placeGo(join(world.home, 'sdk/bin/go')), 65534, 65534);
      const { findings, ran } = await checked(world, { PATH: `${world.home}/sdk/bin:/usr/bin:/bin` });
      expect(ran).toBe('');
      expect(findings).toContainEqual(
        expect.objectContaining({
          rule: 'go-not-run',
          summary: expect.stringContaining('belongs to uid 65534'),
        }),
      );
    },
  );
});

describe('what the observed environment names', () => {
  /** Variables that name programs, each with one that marks. */
  function naming(world: World & { readonly marks: string }): Record<string, string> {
    const script = (name: string) => markingScript(join(world.home, 'named', name), world.marks);
    return {
      SHELL: script('bash'),
      CC: script('gcc'),
      CXX: script('g++'),
      AR: script('ar'),
      FC: script('gfortran'),
      PKG_CONFIG: script('pkg-config'),
      GOCACHEPROG: script('cacher'),
      GOAUTH: script('auth'),
      GOFLAGS: `-toolexec=${script('toolexec')}`,
      GOPACKAGESDRIVER: script('driver'),
      EDITOR: script('vi'),
      PAGER: script('less'),
      GIT_SSH: script('ssh'),
      GIT_ASKPASS: script('askpass'),
      BASH_ENV: script('env.sh'),
    };
  }

  it('is not run by a check in it', async () => {
    const world = markedWorld();
    const PATH = `${go127.goroot}/bin:/usr/bin:/bin`;
    for (const SHELL of ['bash', 'zsh', 'fish', 'dash', 'ksh', 'nu', 'sh'].map((name) =>
      markingScript(join(world.home, 'shells', name), world.marks),
    ))
      expect((await checked(world, { ...naming(world), PATH, SHELL })).ran, SHELL).toBe('');
  });

  it('is not run by an exporter that serves in it, nor for a published environment', async () => {
    const world = markedWorld();
    const PATH = `${go127.goroot}/bin:/usr/bin:/bin`;
    const named = { ...naming(world), PATH, HOME: world.home };
    expect((await served(world, { ...naming(world), PATH })).ran).toBe('');
    const published = join(world.home, 'environ');
    writeFileSync(
      published,
      Object.entries(named)
        .map(([name, value]) => `${name}=${value}\0`)
        .join(''),
    );
    const config = join(world.home, 'godrift.yml');
    writeFileSync(
      config,
      `targets: [{name: a, workspace: ${world.workspace}, environment: {from: file, path: ${published}}}]\n`,
    );
    expect((await served(world, { GODRIFT_CONFIG_FILE: config })).ran).toBe('');
  });

  it.skipIf(setpriv === undefined)(
    `is not run for a process of another user${setpriv === undefined ? ' [skipped, missing: root and setpriv(1)]' : ''}`,
    async () => {
      const world = markedWorld();
      chmodSync(world.marks, 0o666);
      // That user reaches its workspace.
      chmodSync(world.home, 0o755);
      const named = { ...naming(world), PATH: `${go127.goroot}/bin:/usr/bin:/bin`, HOME: world.home };
      const seconds = `9${process.pid}`;
      const sleeper = execa(
        setpriv as string,
        ['--reuid', '65534', '--regid', '65534', '--clear-groups', '/bin/sleep', seconds],
        { env: named, extendEnv: false, reject: false },
      );
      const config = join(world.home, 'godrift.yml');
      writeFileSync(
        config,
        `targets: [{name: a, workspace: ${world.workspace}, environment: {from: process, cmdline: '${seconds}', uid: 65534}}]\n`,
      );
      try {
        const { page, ran } = await served(world, { GODRIFT_CONFIG_FILE: config });
        expect(ran).toBe('');
        expect(page).toMatch(/^godrift_target_readable\{.*reason="ok".*\} 1/m);
      } finally {
        sleeper.kill('SIGKILL');
        await sleeper;
      }
    },
  );
});
