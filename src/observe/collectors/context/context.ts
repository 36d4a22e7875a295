/**
 * The facet `context`: host, operating system, shell, CI, container and Kubernetes, from files and documented
 * variables. Nothing is run.
 */
import path from 'node:path';
import type { ContextFacts, EditorFact } from '../../../drift/facets/context.ts';
import { readFile } from '../../../host/files.ts';
import type { Machine } from '../../../host/machine.ts';
import { readAs } from '../../../host/reader.ts';
import { processOfRoot } from '../../../host/root.ts';
import { shellVersionAt } from './shell-version.ts';

/** CI systems, by the variable that each documents for its detection. */
const ciSystems: readonly (readonly [variable: string, name: string])[] = [
  // Gitea sets GITHUB_ACTIONS as well, so it comes first.
  ['GITEA_ACTIONS', 'gitea-actions'],
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
  ['APPVEYOR', 'appveyor'],
  ['CIRRUS_CI', 'cirrus'],
  ['SEMAPHORE', 'semaphore'],
  ['BUDDY_WORKSPACE_ID', 'buddy'],
  ['BITRISE_IO', 'bitrise'],
  ['bamboo_planKey', 'bamboo'],
  ['GO_PIPELINE_LABEL', 'gocd'],
  ['PROW_JOB_ID', 'prow'],
  ['CF_BUILD_ID', 'codefresh'],
  ['HARNESS_BUILD_ID', 'harness'],
];

/** Returns the CI system of an environment; `unknown` if only CI is set, undefined without CI. */
export function detectCi(environment: ReadonlyMap<string, string>): string | undefined {
  const set = (name: string) => !['', 'false', '0'].includes(environment.get(name) ?? '');
  const named = ciSystems.find(([variable]) => set(variable))?.[1];
  if (named !== undefined || !set('CI')) return named;
  // Woodpecker and Codeship set CI or CI_NAME to their names.
  return (
    ['woodpecker', 'codeship'].find(
      (name) => environment.get('CI') === name || environment.get('CI_NAME') === name,
    ) ?? 'unknown'
  );
}

/**
 * Terminals and multiplexers, by the variable that each sets. The innermost comes first, since commands are
 * typed there.
 */
const terminals: readonly (readonly [variable: string, name: string])[] = [
  ['NVIM', 'neovim'],
  ['INSIDE_EMACS', 'emacs'],
  ['TMUX', 'tmux'],
  ['STY', 'screen'],
  ['ZELLIJ', 'zellij'],
  ['KITTY_WINDOW_ID', 'kitty'],
  ['ALACRITTY_WINDOW_ID', 'alacritty'],
  ['WEZTERM_PANE', 'wezterm'],
  ['GHOSTTY_RESOURCES_DIR', 'ghostty'],
  ['KONSOLE_VERSION', 'konsole'],
  ['WT_SESSION', 'windows-terminal'],
  ['VTE_VERSION', 'vte'],
  ['SSH_TTY', 'ssh'],
  ['SSH_CONNECTION', 'ssh'],
];

/**
 * Returns the terminal of an environment, by the variable that names it, otherwise by the traces that
 * terminals leave.
 */
export function detectTerminal(environment: ReadonlyMap<string, string>): string | undefined {
  // tmux sets TERM_PROGRAM too; JetBrains has a variable of its own (TERMINAL_EMULATOR=JetBrains-JediTerm).
  const said = environment.get('TERM_PROGRAM') || environment.get('TERMINAL_EMULATOR');
  if (said) return said.slice(0, 64);
  return terminals.find(([variable]) => (environment.get(variable) ?? '') !== '')?.[1];
}

/**
 * Facts about the pod, as provided by the downward API: in variables (with conventional names) or in files of
 * a volume.
 */
const podFacts: readonly (readonly [fact: string, variable: string, file: string])[] = [
  ['pod', 'POD_NAME', '/etc/podinfo/name'],
  ['pod_uid', 'POD_UID', '/etc/podinfo/uid'],
  ['node', 'NODE_NAME', '/etc/podinfo/node'],
];

/** Returns ID and VERSION_ID of os-release(5). */
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

/** Returns the container runtime, by marker files and the control groups of process 1. */
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

function textOf(root: string, file: string): string {
  const read = readFile({ root, path: file }, 1024 * 1024);
  return read.ok ? read.bytes.toString('utf8') : '';
}

/**
 * Returns the control groups of a process, as this host sees them: in another root, /proc may have been
 * replaced.
 */
function cgroupsOf(pid: number): string {
  const place = { root: '/', path: `/proc/${pid}/cgroup` };
  const read = readAs('own', () => readFile(place, 1024 * 1024, { kernel: true }));
  return read.ok ? read.bytes.toString('latin1') : '';
}

/** Returns the first line of a small file, limited in length; `''` if there is none. */
function firstLine(root: string, file: string): string {
  return (textOf(root, file).split('\n')[0] ?? '').trim().slice(0, 253);
}

/** The input of the context collector. */
export interface ContextInput {
  readonly root: string;
  readonly machine: Machine;
  readonly environment: ReadonlyMap<string, string>;
  /** Finds the editors of the workspace; absent if the environment is unreadable. */
  readonly editors?: () => readonly EditorFact[];
}

/** Collects the facet. */
export function collectContext(input: ContextInput): ContextFacts {
  const { root, machine, environment } = input;
  const session = new Map<string, string>();
  const facts = new Map<string, string>([
    ['os', machine.platform],
    ['kernel', machine.kernel],
    ['arch', machine.arch],
    ['hostname', machine.hostname],
  ]);
  const release = parseOsRelease(textOf(root, '/etc/os-release') || textOf(root, '/usr/lib/os-release'));
  if (release.id !== undefined)
    facts.set(
      'distribution',
      release.version === undefined ? release.id : `${release.id} ${release.version}`,
    );
  const shell = environment.get('SHELL') || machine.shell;
  if (shell?.startsWith('/')) {
    facts.set('shell', path.basename(shell));
    const version = shellVersionAt({ root, path: shell }, path.basename(shell));
    if (version !== undefined) facts.set('shell_version', version);
  }
  const ci = detectCi(environment);
  if (ci !== undefined) facts.set('ci', ci);
  const variable = environment.get('container');
  const container = detectContainer({
    dockerenv: readFile({ root, path: '/.dockerenv' }, 1024).ok,
    containerenv: readFile({ root, path: '/run/.containerenv' }, 4096).ok,
    cgroup: cgroupsOf(processOfRoot(root) ?? 1),
    ...(variable === undefined ? {} : { variable }),
  });
  if (container !== undefined) facts.set('container', container);
  if (environment.has('KUBERNETES_SERVICE_HOST')) {
    facts.set('kubernetes', 'true');
    const namespace =
      environment.get('POD_NAMESPACE') ||
      firstLine(root, '/etc/podinfo/namespace') ||
      firstLine(root, '/var/run/secrets/kubernetes.io/serviceaccount/namespace');
    if (namespace !== '') facts.set('kubernetes_namespace', namespace);
    for (const [fact, variable, file] of podFacts) {
      const value = environment.get(variable) || firstLine(root, file);
      if (value !== '') session.set(fact, value);
    }
  }
  const terminal = detectTerminal(environment);
  if (terminal !== undefined) session.set('terminal', terminal);
  return { facts, session, editors: input.editors?.() ?? [] };
}
