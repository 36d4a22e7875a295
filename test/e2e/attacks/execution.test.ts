/**
 * An attacker who sets a variable of an observed process, or opens a pull request, tries to make godrift run
 * a program: as `$SHELL`, as a compiler, as a `go` found by a relative PATH entry, in the workspace, or in a
 * tree that others may write. godrift must run none of them. Each program would leave a mark.
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

/** Writes a script that leaves a mark when it runs, and answers like bash. */
function markingScript(at: string, mark: string): string {
  mkdirSync(dirname(at), { recursive: true });
  writeFileSync(at, `#!/bin/sh\necho "$0 $*" >> '${mark}'\necho 'GNU bash, version 5.2.0'\n`);
  chmodSync(at, 0o755);
  return at;
}

/**
 * A program whose build information says that it is the go command. It leaves a
 * mark with its arguments and variable names.
 */
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

/** A world in which godrift would run go list, and the file of the marks. */
function markedWorld(): World & { readonly marks: string } {
  const world = makeWorld(undefined, app);
  mkdirSync(join(world.home, 'go/pkg/mod'), { recursive: true });
  const marks = join(world.home, 'marks');
  writeFileSync(marks, '');
  return { ...world, marks };
}

/** Runs a check; returns its findings and the marks. */
async function checked(world: World & { readonly marks: string }, env: Readonly<Record<string, string>>) {
  const { stdout } = await godrift(world, ['check', '--json'], env);
  const { findings } = JSON.parse(stdout) as { findings: { rule: string; level: string; summary: string }[] };
  return { findings, ran: readFileSync(world.marks, 'utf8') };
}

/** Runs an exporter for three passes, the first of which runs go; returns its page and the marks. */
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

describe('go', () => {
  it('is run if it belongs to this user, with only the variables that it needs', async () => {
    const world = markedWorld();
    await placeGo(join(world.home, 'sdk/bin/go'));
    const PATH = `${world.home}/sdk/bin:/usr/bin:/bin`;
    const { ran } = await served(world, { PATH, AWS_SECRET_ACCESS_KEY: 's3cr3t', GOPRIVATE: 'corp.example' });
    // This proves that the marks work, so their absence in the other tests is meaningful.
    expect(ran).toMatch(/^list -m -e -json all\t/m);
    expect(ran).toMatch(/^env -json \S.*\t.*\bGOPRIVATE\b/m);
    expect(ran).not.toMatch(/AWS_SECRET|GODRIFT_STATE|SHELL/);
  });

  const relative = ['bin', './bin', '', '.', '../app', 'dep/../bin', 'bin/'];
  it.each(relative)(
    'is not run from the PATH entry %j, which is reported as path-relative',
    async (entry) => {
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
    },
  );

  it('is not run from the workspace, by an absolute path, a symlink out of it or a symlink into it', async () => {
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

  it('is not run from the repository around the workspace, nor from another folder of its go.work', async () => {
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

  it('is not run from the workspace because of a toolchain switch or a `go` setting of the exporter', async () => {
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

  it('is not run from a GOROOT or HOME inside the workspace', async () => {
    const world = markedWorld();
    await placeGo(join(world.workspace, 'tree/bin/go'));
    mkdirSync(join(world.workspace, 'tree/pkg/tool'), { recursive: true });
    const PATH = `${go127.goroot}/bin:/usr/bin:/bin`;
    expect((await checked(world, { PATH, GOROOT: join(world.workspace, 'tree') })).ran).toBe('');
    await placeGo(join(world.workspace, 'sdk/go1.27.4/bin/go'));
    expect((await checked(world, { PATH, HOME: world.workspace })).ran).toBe('');
  });

  it.each(['sdk', 'sdk/bin', 'sdk/bin/go'])('is not run if everybody may write %s', async (part) => {
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
    `is not run if it belongs to another user${root ? '' : ' [skipped, missing: root]'}`,
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

describe('a program named by the observed environment', () => {
  /** Returns variables that name programs, each with a script that leaves a mark. */
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

  it('is not run by a check in that environment', async () => {
    const world = markedWorld();
    const PATH = `${go127.goroot}/bin:/usr/bin:/bin`;
    for (const SHELL of ['bash', 'zsh', 'fish', 'dash', 'ksh', 'nu', 'sh'].map((name) =>
      markingScript(join(world.home, 'shells', name), world.marks),
    ))
      expect((await checked(world, { ...naming(world), PATH, SHELL })).ran, SHELL).toBe('');
  });

  it('is not run by an exporter in that environment, nor for a published environment', async () => {
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
      // The other user must be able to reach the workspace.
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
