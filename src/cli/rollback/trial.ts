/**
 * Builds the project in a sandbox before a rollback is applied. Where the configuration asks for it, `go vet`
 * or `go build` runs on this machine as the plan would leave it (host/sandbox), with a build cache of its own
 * and without network. Nothing that it writes stays. Before a rollback is applied, nothing else runs what it
 * restores.
 */
import path from 'node:path';
import { factsOf } from '../../drift/model.ts';
import type { Entries } from '../../drift/snapshot.ts';
import { startsByFlags } from '../../go/goflags.ts';
import { checkProgram } from '../../host/checked-program.ts';
import { realPathOf, stampOf } from '../../host/files.ts';
import { readMachine } from '../../host/machine.ts';
import { openSandbox, type SandboxEdit } from '../../host/sandbox/sandbox.ts';
import type { Plan } from '../../undo/plan.ts';
import type { Trial } from '../../undo/policy.ts';
import { type EntryStep, isEntryStep } from '../../undo/step.ts';
import { hiderOf, valuesForGo } from '../blame/secrets.ts';
import { writtenBy } from '../blame/worlds.ts';
import type { Inspection } from '../inspect.ts';
import { repositoryRoot } from '../output-file.ts';
import type { Terminal } from '../terminal.ts';
import type { RollbackRequest } from './request.ts';

/** Input of a trial build. */
export interface TrialInput {
  readonly request: RollbackRequest;
  readonly trial: Trial;
  readonly plan: Plan;
  /** The go that PATH leads to after the plan; undefined where the plan changes no link. */
  readonly go: string | undefined;
  /** The target as the plan would leave it. */
  readonly after: Inspection;
  readonly approved: Entries;
}

/**
 * Variables that make go start other programs. GOFLAGS does so only with some flags ({@link startsByFlags}).
 */
const starting =
  /^env\.(?:AR|CC|CXX|FC|GCCGO|GOCACHEPROG|GOTOOLDIR|PKG_CONFIG|CGO_[A-Z]*FLAGS)(?:\.secret)?$/;

/**
 * Returns the keys of variables that differ from the approved ones and make go start other programs. With any
 * of them nothing is built.
 */
function unapproved({ after, approved }: TrialInput): readonly string[] {
  const { entries } = after.state;
  const isOther = (key: string) => entries.get(key) !== approved.get(key);
  const keys = new Set([...entries.keys(), ...approved.keys()]);
  const flags = entries.get('env.GOFLAGS') ?? '';
  return [...keys].filter(
    (key) => isOther(key) && (starting.test(key) || (key === 'env.GOFLAGS' && startsByFlags(flags))),
  );
}

/** Returns the go to run, or why none may be run. */
function programOf(
  terminal: Terminal,
  { request, go, after }: TrialInput,
): { file: string } | { why: string } {
  const { workspace, environment, go: configured } = request.target;
  if (environment.from !== 'self' && environment.from !== 'none')
    return { why: 'its environment is that of another process' };
  if (workspace === '') return { why: 'it has no workspace' };
  const owner = stampOf({ root: '/', path: workspace })?.owner;
  const { uid } = readMachine();
  if (owner !== uid) return { why: `${workspace} belongs to uid ${owner}, and this is uid ${uid}` };
  const facts = factsOf(after.observation, 'toolchain');
  const first = configured ?? facts?.candidates[0]?.path;
  if (first?.startsWith('/') !== true) return { why: 'no go is found by an absolute path' };
  const code = [workspace, repositoryRoot(terminal, workspace)];
  // The go on PATH may switch to a toolchain of the module cache.
  const local = facts?.local?.goroot;
  const programs = [
    go ?? realPathOf({ root: '/', path: first }) ?? first,
    ...(local === undefined ? [] : [path.join(local, 'bin/go')]),
  ];
  for (const program of programs) {
    const checked = checkProgram(program, code);
    if ('why' in checked) return checked;
  }
  return { file: first };
}

function editOf(step: EntryStep, contents: Plan['contents']): SandboxEdit | undefined {
  const { after, directory, name } = step;
  const file = path.join(directory, name);
  if (after.kind === 'absent') return { do: 'remove', path: file };
  if (after.kind === 'link') return { do: 'link', path: file, to: after.to };
  const bytes = after.kind === 'file' ? contents.get(after.sha256) : undefined;
  return after.kind === 'file' && bytes !== undefined
    ? { do: 'write', path: file, bytes, mode: after.mode }
    : undefined;
}

/** Keeps the beginning of go's error output, without its `#` headings. */
const mostText = 300;
const wordsOf = (output: string) =>
  output
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .slice(0, 2)
    .join('; ')
    .slice(0, mostText);

const told = (trying: TrialInput) => `go ${trying.trial.command} ./...`;

/** Returns every reason why the project does not build with what the plan restores; empty if it builds. */
export async function tryPlan(terminal: Terminal, trying: TrialInput): Promise<readonly string[]> {
  const { plan, after, trial, request } = trying;
  const program = programOf(terminal, trying);
  if ('why' in program) return [`preflight: ${told(trying)} cannot be tried: ${program.why}`];
  const others = unapproved(trying);
  if (others.length > 0)
    return others.map(
      (key) => `preflight: ${told(trying)} is not tried: ${key} differs from its approved value`,
    );
  const steps = plan.steps.filter(isEntryStep);
  const base = request.target.environment.from === 'self' ? terminal.env : homeOnly(terminal);
  const sandbox = await openSandbox({
    written: [...writtenBy(terminal, after), ...steps.map(({ directory }) => directory)],
    temporary: ['/tmp', '/var/tmp', base.get('TMPDIR') ?? '/tmp'],
    kept: [],
    hasNetwork: false,
  });
  if ('missing' in sandbox) return [`preflight: ${told(trying)} cannot be tried: ${sandbox.missing}`];
  try {
    const ended = await sandbox.run({
      // Without `-buildvcs=false` go starts git, which obeys settings of the repository.
      command: [program.file, trial.command, '-buildvcs=false', './...'],
      directory: request.target.workspace,
      env: new Map([...base, ['GOPROXY', 'off'], ['GOCACHE', path.join(sandbox.folder, 'gocache')]]),
      edits: steps.flatMap((step) => editOf(step, plan.contents) ?? []),
      kept: 'trial',
      limitMs: trial.limitMs,
    });
    if ('refused' in ended) return [`preflight: ${told(trying)} cannot be tried: ${ended.refused}`];
    if (ended.timedOut) return [`preflight: ${told(trying)} did not end within ${trial.limitMs / 1000} s`];
    if (ended.exitCode === 0) return [];
    const said = hiderOf(valuesForGo(terminal, after))(wordsOf(ended.output));
    return [`preflight: ${told(trying)} fails after it: ${said === '' ? `exit ${ended.exitCode}` : said}`];
  } finally {
    await sandbox.end();
  }
}

const homeOnly = ({ env }: Terminal): ReadonlyMap<string, string> =>
  new Map([...env].filter(([name]) => name === 'HOME' || name === 'PATH'));
