/**
 * Runs `go list -m -e -json all` to confirm a build list. It never runs in the observed directories: in a
 * workspace `go` writes go.work.sum, even with `-mod=readonly`, and follows every symlink there; in a module
 * cache it rewrites .info files that are not spelled as it would spell them. Instead, it reads copies of the
 * files that godrift read, in the same layout (decisions 0073 and 0077). Its environment leaves it nothing to
 * write and nobody to ask: no HOME and no XDG directories (which disables telemetry, golang.org/x/telemetry),
 * no GOENV, no cache, no network, no switching of toolchains.
 */
import path from 'node:path';
import type { CommandRun } from '../../../drift/model.ts';
import { type ListedModule, parseGoList } from '../../../go/go-list.ts';
import { runCommand } from '../../../host/command.ts';
import { withCopies } from '../../../host/copies.ts';
import { errorCode } from '../../../host/errors.ts';
import { readAs } from '../../../host/reader.ts';
import type { Sources } from '../../environment/sources.ts';
import { cachedMods, type ProjectGraph } from './graph-files.ts';
import { bytesOf, type ModuleProject, type ProjectFile } from './project.ts';

const listArguments = ['list', '-m', '-e', '-json', 'all'] as const;
/** Names at the top of the copies that no project file has. */
const overlayName = '/.godrift-overlay.json';
const modfileName = '/.godrift.mod';
const sumsName = '/.godrift-sums';
const gopathName = '/.godrift-gopath';
const cacheName = `${gopathName}/pkg/mod`;

/** Returns why `go` cannot be run, apart from the copies: because of its program. */
function whyNot({ runnable, selection }: Sources): string | undefined {
  if ('why' in runnable) return runnable.theirs ? runnable.why : `go is not run: ${runnable.why}`;
  return selection?.tooOldFor === undefined ? undefined : 'the go that builds is too old for this module';
}

/**
 * Reports whether a relative path stays below the copies, so that it never rises above the root for which
 * they stand.
 */
function staysInside(directory: string, relative: string): boolean {
  if (path.isAbsolute(relative)) return false;
  let depth = directory.split('/').filter(Boolean).length;
  for (const name of relative.split('/')) {
    if (name === '..') depth--;
    else if (name !== '' && name !== '.') depth++;
    if (depth < 0) return false;
  }
  return true;
}

/**
 * Reports whether every directory that the files name is a relative path, which leads from one copy to
 * another.
 */
function namesRelatively({ mains, work }: ModuleProject): boolean {
  const named = [
    ...mains.flatMap(({ directory, mod }) => mod.content.replace.map((one) => ({ directory, one }))),
    ...(work?.content.replace ?? []).map((one) => ({ directory: work?.directory ?? '/', one })),
  ];
  return (
    named.every(
      ({ directory, one }) => one.newVersion !== undefined || staysInside(directory, one.newPath),
    ) && (work?.content.use ?? []).every((one) => staysInside(work?.directory ?? '/', one.path))
  );
}

/** Returns the files that `go` reads, each with the name of its copy. */
function namedFiles(
  project: ModuleProject,
): readonly (readonly [name: string, file: ProjectFile<unknown>])[] {
  const { mains, work, replaced, sums } = project;
  const [main] = mains;
  // The file of sums that `go` might want to write is the last one (modules/project.ts).
  const others = sums.slice(0, -1).map((one) => [one.path, one] as const);
  const last = sums.slice(-1).map((one) => [sumsName, one] as const);
  const mods = mains.map(({ mod }) => [mod.path, mod] as const);
  return [
    ...[...replaced.values()].map((one) => [one.path, one] as const),
    ...(project.modfile !== undefined && main !== undefined ? [[modfileName, main.mod] as const] : mods),
    ...(work === undefined ? [] : [[work.path, work] as const]),
    ...others,
    ...last,
  ];
}

/**
 * Returns what `go` reads, by the names of the copies; undefined if a file has changed since it was parsed.
 */
function copiesOf(project: ModuleProject, graph: ProjectGraph): Map<string, Uint8Array | string> | undefined {
  const cached = cachedMods(project, graph);
  if (cached === undefined) return undefined;
  const copies = new Map<string, Uint8Array | string>([[sumsName, '']]);
  const [main] = project.mains;
  // The go.mod beside a -modfile must exist but is not read.
  if (project.modfile !== undefined && main !== undefined)
    copies.set(path.join(main.directory, 'go.mod'), '');
  for (const [name, file] of namedFiles(project)) {
    if (file.digest === '') continue;
    const bytes = bytesOf(project.root, file);
    if (bytes === undefined) return undefined;
    copies.set(name, bytes);
  }
  for (const [name, bytes] of cached) copies.set(path.join(cacheName, name), bytes);
  return copies;
}

/**
 * Returns the overlay (`go help build`) that contains the file of sums which `go` might want to write. Go
 * never writes a file of an overlay: it fails instead (modfetch.WriteGoSum), before it creates its lock in
 * the module cache.
 */
function overlayOf({ work, mains, modfile }: ModuleProject, top: string): string {
  const sums =
    work !== undefined
      ? `${work.path}.sum`
      : modfile !== undefined
        ? modfileName.replace(/mod$/, 'sum')
        : path.join(mains[0]?.directory ?? '/', 'go.sum');
  return JSON.stringify({ Replace: { [top + sums]: top + sumsName } });
}

/** Returns the environment of the child process, besides the variables that every child gets. */
function pinnedEnvironment(
  sources: Sources,
  project: ModuleProject,
  top: string,
  cwd: string,
): Readonly<Record<string, string>> {
  const value = (name: string) => sources.variables.get(name)?.value ?? '';
  // Relative, so that no directory name needs quoting.
  const up = path.relative(cwd, top);
  return {
    PATH: '/usr/bin:/bin',
    GOENV: 'off',
    GOAUTH: 'off',
    GOFLAGS: [
      '-mod=readonly',
      `-overlay=${up}${overlayName}`,
      ...(project.modfile === undefined ? [] : [`-modfile=${up}${modfileName}`]),
    ].join(' '),
    GO111MODULE: value('GO111MODULE') === 'auto' ? 'auto' : 'on',
    GOWORK: project.work === undefined ? 'off' : top + project.work.path,
    GOPATH: top + gopathName,
    GOMODCACHE: top + cacheName,
    // Listing modules needs no build cache; with `off`, a `go` that does need one fails instead of writing.
    GOCACHE: 'off',
  };
}

/**
 * Returns the build list according to `go`, or why it was not run or did not answer; the command is appended.
 */
export async function runGoList(
  sources: Sources,
  project: ModuleProject,
  graph: ProjectGraph,
  copiesDirectory: string,
  commands: CommandRun[],
): Promise<{ readonly modules: readonly ListedModule[] } | { readonly why: string }> {
  const { runnable } = sources;
  const not = whyNot(sources);
  if (not !== undefined || 'why' in runnable) return { why: not ?? 'go is not run' };
  if (!namesRelatively(project)) return { why: 'go.mod or go.work names a directory by an absolute path' };
  const copies = copiesOf(project, graph);
  if (copies === undefined) return { why: 'a project file changed meanwhile' };
  const ask = async (top: string) => {
    const cwd = top + (project.work?.directory ?? project.mains[0]?.directory ?? '/');
    return await runCommand('go-list-modules', runnable.program, listArguments, {
      cwd,
      env: pinnedEnvironment(sources, project, top, cwd),
    });
  };
  try {
    const run = await readAs('own', () =>
      withCopies(copiesDirectory, (top) => copies.set(overlayName, overlayOf(project, top)), ask),
    );
    commands.push({
      executable: 'go',
      args: [...listArguments],
      start: run.start,
      end: run.end,
      exitCode: run.exitCode,
    });
    if (!run.ok) return { why: `go list -m all: ${run.why ?? 'failed'}` };
    const answer = parseGoList(run.output);
    return 'problem' in answer ? { why: answer.problem } : answer;
  } catch (error) {
    return { why: `go list -m all: ${errorCode(error) || 'failed'}` };
  }
}
