/** The facet `context`: host, system, shell, CI, container, Kubernetes. Files and documented variables; one `--version` of the user's shell. */
import path from 'node:path';
import type { CommandRun, ContextFacts } from '../drift/model.ts';
import { runCommand } from '../host/command.ts';
import { executableAt, readFile, type Stamp } from '../host/files.ts';
import type { Machine } from '../host/machine.ts';

/** CI systems by the variable that each documents for being recognised. */
const ciSystems: readonly (readonly [variable: string, name: string])[] = [
  ['GITHUB_ACTIONS', 'github-actions'],
  ['GITLAB_CI', 'gitlab-ci'],
  ['BUILDKITE', 'buildkite'],
  ['CIRCLECI', 'circleci'],
  ['JENKINS_URL', 'jenkins'],
  ['TEAMCITY_VERSION', 'teamcity'],
  ['TF_BUILD', 'azure-pipelines'],
  ['BITBUCKET_BUILD_NUMBER', 'bitbucket'],
  ['DRONE', 'drone'],
  ['TRAVIS', 'travis'],
  ['CODEBUILD_BUILD_ID', 'codebuild'],
  ['WOODPECKER', 'woodpecker'],
  ['CI', 'unknown'],
];

/** The CI system that an environment belongs to, or undefined. */
export function detectCi(environment: ReadonlyMap<string, string>): string | undefined {
  return ciSystems.find(([variable]) => {
    const value = environment.get(variable);
    return value !== undefined && value !== '' && value !== 'false';
  })?.[1];
}

/** ID and VERSION_ID of os-release(5). */
export function parseOsRelease(text: string): { readonly id?: string; readonly version?: string } {
  const value = (key: string) =>
    new RegExp(`^${key}=(?:"([^"]*)"|'([^']*)'|(.*))$`, 'm')
      .exec(text)
      ?.slice(1)
      .find((group) => group !== undefined);
  const id = value('ID');
  const version = value('VERSION_ID');
  return { ...(id ? { id } : {}), ...(version ? { version } : {}) };
}

/** The container runtime, from the marker files and the control group of process 1. */
export function detectContainer(marks: {
  readonly dockerenv: boolean;
  readonly containerenv: boolean;
  readonly cgroup: string;
  readonly variable?: string;
}): string | undefined {
  if (marks.containerenv) return 'podman';
  if (marks.dockerenv) return 'docker';
  if (marks.variable !== undefined && marks.variable !== '') return marks.variable;
  const runtime = /kubepods|containerd|docker|crio|lxc/.exec(marks.cgroup)?.[0];
  return runtime === 'kubepods' ? 'containerd' : runtime;
}

/** The version in the first line that a shell prints for --version. */
export function parseShellVersion(output: string): string | undefined {
  return /\d+\.\d+(\.\d+)?/.exec(output.split('\n')[0] ?? '')?.[0];
}

async function textOf(root: string, file: string): Promise<string> {
  const read = await readFile({ root, path: file }, 1024 * 1024);
  return read.ok ? read.bytes.toString('utf8') : '';
}

const shellVersions = new Map<string, string>();

async function shellVersion(shell: string, commands: CommandRun[]): Promise<string | undefined> {
  const found = await executableAt({ root: '/', path: shell });
  if (found === undefined) return undefined;
  const { inode, size, mtimeMs }: Stamp = found.stamp;
  const key = `${found.realPath} ${inode} ${size} ${mtimeMs}`;
  const known = shellVersions.get(key);
  if (known !== undefined) return known;
  const run = await runCommand('shell-version', shell, ['--version'], {
    cwd: '/',
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
  });
  commands.push({
    executable: path.basename(shell),
    args: ['--version'],
    start: run.start,
    end: run.end,
    exitCode: run.exitCode,
  });
  const version = parseShellVersion(run.output) ?? '';
  shellVersions.set(key, version);
  return version;
}

/** What the context collector needs to know. `ownRoot` is false for another root, whose programs are never run. */
export interface ContextInput {
  readonly root: string;
  readonly machine: Machine;
  readonly environment: ReadonlyMap<string, string>;
}

/** Collects the facet; the commands that it ran are appended to `commands`. */
export async function collectContext(input: ContextInput, commands: CommandRun[]): Promise<ContextFacts> {
  const { root, machine, environment } = input;
  const facts = new Map<string, string>([
    ['os', machine.platform],
    ['kernel', machine.kernel],
    ['arch', machine.arch],
    ['hostname', machine.hostname],
  ]);
  const release = parseOsRelease(
    (await textOf(root, '/etc/os-release')) || (await textOf(root, '/usr/lib/os-release')),
  );
  if (release.id !== undefined)
    facts.set(
      'distribution',
      release.version === undefined ? release.id : `${release.id} ${release.version}`,
    );
  const shell = environment.get('SHELL') || machine.shell;
  if (shell?.startsWith('/')) {
    facts.set('shell', path.basename(shell));
    const version = root === '/' ? await shellVersion(shell, commands) : undefined;
    if (version) facts.set('shell_version', version);
  }
  const ci = detectCi(environment);
  if (ci !== undefined) facts.set('ci', ci);
  const variable = environment.get('container');
  const container = detectContainer({
    dockerenv: (await readFile({ root, path: '/.dockerenv' }, 1024)).ok,
    containerenv: (await readFile({ root, path: '/run/.containerenv' }, 4096)).ok,
    cgroup: await textOf(root, '/proc/1/cgroup'),
    ...(variable === undefined ? {} : { variable }),
  });
  if (container !== undefined) facts.set('container', container);
  if (environment.has('KUBERNETES_SERVICE_HOST')) {
    facts.set('kubernetes', 'true');
    const namespace = (await textOf(root, '/var/run/secrets/kubernetes.io/serviceaccount/namespace')).trim();
    if (namespace !== '') facts.set('kubernetes_namespace', namespace);
  }
  const terminal = environment.get('TERM_PROGRAM');
  if (terminal !== undefined && terminal !== '') facts.set('terminal', terminal.slice(0, 64));
  return { facts };
}
