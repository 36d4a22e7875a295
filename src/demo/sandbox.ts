/** The sandbox: a scratch folder with a HOME, a workspace and a state directory of its own. Nothing of the user's is touched. */
import path from 'node:path';
import process from 'node:process';
import { AppError } from '../catalog/errors.ts';
import { plainTarget } from '../cli/settings/configured-targets.ts';
import { compareGoVersions } from '../go/version.ts';
import { ensureDirectory, writeAtomic } from '../host/atomic.ts';
import { resolveRootedPath } from '../host/files.ts';
import { readMachine, systemClock } from '../host/machine.ts';
import { makeScratch, removeScratch } from '../host/scratch.ts';
import { type Ran, runToEnd } from '../host/service.ts';
import { observe } from '../observe/observer.ts';

/** An installed Go: `bin` is the directory of its go command. */
export interface Sdk {
  readonly version: string;
  readonly bin: string;
}

export interface Sandbox {
  readonly directory: string;
  readonly workspace: string;
  /** Of everything in the sandbox: user, exporter, scripts. */
  readonly env: Readonly<Record<string, string>>;
  readonly go: Sdk;
  /** A Go of another release, when one is at hand. */
  readonly other?: Sdk;
}

const commandLimitMs = 120_000;

/** The program that runs, and the folder of the package with the shipped files (`demo`, `prometheus`). */
export function findPackage(): { readonly program: string; readonly root: string } {
  const program = resolveRootedPath({ root: '/', path: process.argv[1] ?? '' });
  return { program, root: path.dirname(path.dirname(program)) };
}

/** The Go on PATH and, where there is one, another release beside it. Only reads. Throws AppError without any. */
export async function findSdks(): Promise<{ readonly go: Sdk; readonly other?: Sdk }> {
  const { observation } = await observe(plainTarget('demo', ''), readMachine(), systemClock);
  const facts = observation.toolchain.status === 'ok' ? observation.toolchain.facts : undefined;
  const installed = facts?.installed ?? [];
  const go =
    installed.find(({ bin }) =>
      facts?.candidates.some((candidate) => path.dirname(candidate.path) === bin),
    ) ?? installed.at(-1);
  if (go === undefined)
    throw new AppError(
      'cannot give a demo',
      'no go command was found on PATH or where it is usually installed',
      'install Go 1.21 or later, or try the one of docker-compose.yml',
    );
  const release = (version: string) => version.split('.').slice(0, 2).join('.');
  const other = installed
    .filter(
      ({ version }) => release(version) !== release(go.version) && compareGoVersions(version, '1.21') >= 0,
    )
    .at(-1);
  return { go, ...(other === undefined ? {} : { other }) };
}

/** The environment of everything in a sandbox; the one of the image in Dockerfile is the same. */
export function sandboxEnvironment(directory: string, root: string): Readonly<Record<string, string>> {
  const home = path.join(directory, 'home');
  const first = [
    path.join(home, 'bin'),
    path.join(directory, 'go/current/bin'),
    path.join(directory, 'tools'),
  ];
  return {
    STAGE: directory,
    DEMO: path.join(root, 'demo'),
    HOME: home,
    PATH: [...first, '/usr/bin', '/bin'].join(':'),
    SHELL: '/bin/sh',
    GODRIFT_STATE_DIRECTORY: path.join(directory, 'state'),
    // No network and no compiler of C: the demo shows drift, not this machine. Nothing here asks for a newer Go.
    GOPROXY: 'off',
    CGO_ENABLED: '0',
  };
}

/** Makes the sandbox. Throws AppError, and then nothing is left. */
export async function makeSandbox(
  sdks: { readonly go: Sdk; readonly other?: Sdk },
  signal: AbortSignal,
): Promise<Sandbox> {
  const { program, root } = findPackage();
  const directory = await makeScratch('godrift-demo');
  const env = sandboxEnvironment(directory, root);
  const sandbox: Sandbox = { directory, workspace: path.join(directory, 'work/app'), ...sdks, env };
  try {
    await ensureDirectory(path.join(directory, 'tools'));
    const quoted = [process.execPath, program].map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
    await writeAtomic(path.join(directory, 'tools/godrift'), `#!/bin/sh\nexec ${quoted} "$@"\n`, {
      mode: 0o700,
    });
    const goroots = [sdks.go, ...(sdks.other === undefined ? [] : [sdks.other])].map(({ bin }) =>
      path.dirname(bin),
    );
    const made = await runToEnd('/bin/sh', [path.join(root, 'demo/prepare'), directory, ...goroots], {
      cwd: directory,
      env: sandbox.env,
      limitMs: commandLimitMs,
      signal,
    });
    signal.throwIfAborted();
    if (made.exitCode !== 0)
      throw new AppError(
        'cannot prepare the demo',
        made.output.trim().split('\n').at(-1) ?? '',
        'reinstall godrift if files of it are missing',
      );
    return sandbox;
  } catch (error) {
    await removeScratch(directory);
    throw error;
  }
}

/** Runs a command line of the demo's own (never one of the user's) as the user in the sandbox, in the workspace. */
export async function inSandbox(sandbox: Sandbox, line: string, signal: AbortSignal): Promise<Ran> {
  const ran = await runToEnd('/bin/sh', ['-c', line], {
    cwd: sandbox.workspace,
    env: sandbox.env,
    limitMs: commandLimitMs,
    signal,
  });
  signal.throwIfAborted();
  return ran;
}
