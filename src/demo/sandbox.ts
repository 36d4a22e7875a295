/**
 * The sandbox of the demo: a scratch directory with its own HOME, workspace and state. The user's files are
 * not touched.
 */
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

/** A sandbox on disk. */
export interface Sandbox {
  readonly directory: string;
  readonly workspace: string;
  /** The environment of every process in the sandbox: the user's commands, the exporter and the scripts. */
  readonly env: Readonly<Record<string, string>>;
  readonly go: Sdk;
  /** A Go of another release, if one is installed. */
  readonly other?: Sdk;
}

const commandLimitMs = 120_000;

/**
 * Returns the path of the running program and the package directory with the shipped files (`demo`,
 * `prometheus`).
 */
export function findPackage(): { readonly program: string; readonly root: string } {
  const program = resolveRootedPath({ root: '/', path: process.argv[1] ?? '' });
  return { program, root: path.dirname(path.dirname(program)) };
}

/**
 * Finds the Go on PATH and, if there is one, a Go of another release. Only reads. Throws AppError if there is
 * no Go.
 */
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

/** Returns the environment of every process in a sandbox. The image of the Dockerfile sets the same one. */
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
    // No network and no C compiler, so that the demo behaves alike on every machine. Nothing in it needs a
    // newer Go.
    GOPROXY: 'off',
    CGO_ENABLED: '0',
  };
}

/** Creates the sandbox. Throws AppError on failure, after removing what it created. */
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

/**
 * Runs a fixed command line of the demo (never input of the user) in the sandbox, with the workspace as
 * directory.
 */
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
