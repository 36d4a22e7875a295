/**
 * `go list -m -e -json all`, in an environment in which it finds nothing to write and nobody to ask: no HOME and no XDG directories (then
 * telemetry is off, golang.org/x/telemetry), no GOENV, no cache, no network, no switching of toolchains.
 */
import type { CommandRun } from '../../drift/model.ts';
import { type ListedModule, parseGoList } from '../../go/go-list.ts';
import type { CheckedProgram } from '../../host/checked-program.ts';
import { runCommand } from '../../host/command.ts';
import { isDirectory } from '../../host/files.ts';
import type { Sources } from '../environment/sources.ts';
import type { ModuleProject } from './project.ts';

const listArguments = ['list', '-m', '-e', '-json', 'all'] as const;

/** The go that may be asked, or why none may: none that is not to be run, and not where it would create GOMODCACHE. */
export function askableGo(
  sources: Sources,
  project: ModuleProject,
): { readonly go: CheckedProgram } | { readonly why: string } {
  const { runnable, root, selection } = sources;
  if ('why' in runnable) return { why: runnable.theirs ? runnable.why : `go is not run: ${runnable.why}` };
  if (selection?.tooOldFor !== undefined) return { why: 'the go that builds is too old for this module' };
  if (!project.modCache.startsWith('/') || !isDirectory({ root, path: project.modCache }))
    return { why: 'there is no module cache' };
  return { go: runnable.program };
}

/** The child's whole environment. */
function pinnedEnvironment(sources: Sources, project: ModuleProject): Readonly<Record<string, string>> {
  const value = (name: string) => sources.variables.get(name)?.value ?? '';
  const modfile = project.modfile === undefined ? '' : ` '-modfile=${project.modfile}'`;
  return {
    PATH: '/usr/bin:/bin',
    GOENV: 'off',
    GOTOOLCHAIN: 'local',
    GOPROXY: 'off',
    GOSUMDB: 'off',
    GOVCS: '*:off',
    GOAUTH: 'off',
    // -mod=mod of the user's GOFLAGS would let this very command rewrite go.mod.
    GOFLAGS: `-mod=readonly${modfile}`,
    GO111MODULE: value('GO111MODULE') === 'auto' ? 'auto' : 'on',
    GOWORK: project.work === undefined ? 'off' : project.work.path,
    GOPATH: value('GOPATH'),
    GOMODCACHE: project.modCache,
    // Listing modules needs no build cache; with `off` a go that thinks otherwise fails instead of writing.
    GOCACHE: 'off',
  };
}

/** What go says the build list is, or why it did not; the command is appended. */
export async function askGoList(
  sources: Sources,
  project: ModuleProject,
  go: CheckedProgram,
  commands: CommandRun[],
): Promise<{ readonly modules: readonly ListedModule[] } | { readonly problem: string }> {
  const run = await runCommand('go-list-modules', go, listArguments, {
    cwd: project.work?.directory ?? project.mains[0]?.directory ?? '/',
    env: pinnedEnvironment(sources, project),
  });
  commands.push({
    executable: 'go',
    args: [...listArguments],
    start: run.start,
    end: run.end,
    exitCode: run.exitCode,
  });
  return run.ok ? parseGoList(run.output) : { problem: `go list -m all: ${run.why ?? 'failed'}` };
}
