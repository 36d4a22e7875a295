/**
 * `rollback.preflight`: before a plan is applied, the real go checks
 * whether the project builds with its result.
 */
import {
  chmodSync,
  existsSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { stringify } from 'yaml';
import { accept } from '../lab/accepted.ts';
import { godrift, makeWorld, program, seriesOf, type World } from '../lab/godrift.ts';
import { missingMounts, mounts } from '../lab/namespaces.ts';
import { startsExporters } from '../lab/running.ts';
import { cloneToolchain, scratch } from '../lab/toolchains.ts';
import { homeOf } from '../lab/tree.ts';

const start = startsExporters();

// errors.AsType is new in Go 1.26. go.mod does not show that it is needed; only a compiler finds it.
const newer =
  'package main\n\nimport "errors"\n\nfunc main() { _, ok := errors.AsType[error](nil); println(ok) }\n';
const older = 'package main\n\nfunc main() { println("all well") }\n';

/** A world whose symlinked go was accepted as 1.21.13 and is 1.26.0 now. `configure` sets the preflight. */
async function drifted() {
  const made = makeWorld(undefined, { 'go.mod': 'module example.com/app\n\ngo 1.21\n', 'main.go': older });
  const link = join(made.home, 'go');
  const world: World = {
    ...made,
    env: { ...made.env, PATH: `${link}/bin:/usr/bin:/bin`, GOTOOLCHAIN: 'local' },
  };
  const lead = async (version: string) => {
    const goroot = join(world.home, `sdk/go${version}`);
    if (!existsSync(goroot)) await cloneToolchain(version, goroot);
    rmSync(link, { force: true });
    symlinkSync(goroot, link);
  };
  const config = join(world.home, 'godrift.yml');
  const configure = (rollback: object) =>
    writeFileSync(
      config,
      stringify({ targets: [{ name: 'default', workspace: world.workspace }], rollback }),
    );
  configure({});
  await lead('1.21.13');
  await accept(world);
  await lead('1.26.0');
  const rollback = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    godrift(world, ['rollback', '--facet', 'toolchain', '--config.file', config, ...args], env);
  const main = (text: string) => writeFileSync(join(world.workspace, 'main.go'), text);
  const leads = () => readlinkSync(link).split('/').at(-1);
  return { world, config, configure, rollback, main, leads };
}

/**
 * Runs the rollback with a private /var/tmp, where trials are made; other programs use the real one. `left`
 * lists the private /var/tmp after the rollback.
 */
async function inOwnTmp(world: World, config: string) {
  if ('missing' in mounts) throw new Error(mounts.missing);
  const [unshare = '', ...options] = mounts.unshare;
  const list = join(scratch('left'), 'list');
  const script =
    'mount -t tmpfs tmpfs /var/tmp && : > "/var/tmp/made before it" || exit 99; to=$1; shift; "$@"; code=$?; ls -A /var/tmp > "$to"; exit "$code"';
  const words = [program, 'rollback', '--facet', 'toolchain', '--config.file', config, '--yes'];
  const refused = await execa(
    unshare,
    [...options, 'sh', '-c', script, 'sh', list, process.execPath, ...words],
    { cwd: world.workspace, env: world.env, extendEnv: false, reject: false },
  );
  return { refused, left: readFileSync(list, 'utf8').trim().split('\n') };
}

it.skipIf('missing' in mounts)(
  `preflight refuses a rollback to a Go with which the project does not build, and leaves no files of the trial${missingMounts}`,
  async () => {
    const { world, config, configure, rollback, main, leads } = await drifted();
    main(newer);
    expect((await rollback(['--dry-run'])).stdout).not.toContain('refused');
    configure({ preflight: 'vet' });
    const before = homeOf(world);
    const { refused, left } = await inOwnTmp(world, config);
    expect(refused.exitCode).toBe(1);
    expect(refused.stdout).toMatch(
      /refused: preflight: go vet \.\/\.\.\. fails after it: .*main\.go.*errors\.AsType/,
    );
    expect(leads()).toBe('go1.26.0');
    expect(homeOf(world)).toEqual(before);
    expect(left).toEqual(['made before it']);
    expect((await godrift(world, ['events'])).stdout).toMatch(/refusal.*preflight: go vet/);

    // A running exporter uses its own configuration, not that of the command.
    const exporter = await start(world, ['--config.file', config]);
    const asked = await godrift(world, ['rollback', '--facet', 'toolchain', '--yes']);
    expect(asked.stdout).toContain('refused: preflight: go vet');
    const labels = { facet: 'toolchain', result: 'refused' };
    expect(seriesOf(await exporter.metrics(), 'godrift_rollbacks_total', labels)).toBe(2);
    await exporter.stop();

    // No trial with a setting that starts programs and is not the approved one.
    const planted = join(world.home, 'planted');
    writeFileSync(planted, `#!/bin/sh\ntouch ${world.home}/ran\n`);
    chmodSync(planted, 0o755);
    const executing = await rollback(['--dry-run'], { GOFLAGS: `-toolexec=${planted}` });
    expect(executing.stdout).toContain('is not tried: env.GOFLAGS differs from its approved value');
    expect(existsSync(join(world.home, 'ran'))).toBe(false);

    configure({ preflight: 'build', preflight_timeout: '1s' });
    expect((await rollback(['--dry-run'])).stdout).toContain('go build ./... did not end within 1 s');

    main(older);
    configure({ preflight: 'build' });
    expect(await rollback(['--yes'])).toMatchObject({ exitCode: 0 });
    expect(leads()).toBe('go1.21.13');
  },
);
