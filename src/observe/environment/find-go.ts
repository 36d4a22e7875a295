/** The first part of the sources: the location of a target, and the `go` commands that its PATH leads to. */
import path from 'node:path';
import type { GoCandidate, RelativeEntry } from '../../drift/facets/toolchain.ts';
import { isWithin } from '../../host/checked-program.ts';
import type { Machine } from '../../host/machine.ts';
import type { TargetSettings } from '../target.ts';
import { directoriesOf, findCandidates, namedCandidate, usualDirectories } from './candidates.ts';
import { type Code, codeOf, repositoryOf } from './code.ts';
import type { GoTree } from './go-tree.ts';
import type { ReadEnvironment } from './process-environment.ts';
import { readRelativeEntries, relativeEntries } from './relative-path.ts';

/** What is known before it is decided which `go` answers, if any. */
export interface BaseSources {
  readonly settings: TargetSettings;
  readonly machine: Machine;
  readonly environment: ReadEnvironment;
  readonly root: string;
  readonly home: string;
  readonly candidates: readonly GoCandidate[];
  /** Absolute directories of PATH, in order, followed by the usual directories if those are searched. */
  readonly pathDirectories: readonly string[];
  /** Relative entries of PATH, whose meaning depends on the current directory. */
  readonly relativeEntries: readonly RelativeEntry[];
  readonly code: Code;
  /** The repository that contains the workspace. */
  readonly repository?: string;
}

/** Result of a search on PATH. */
export interface GoSearchResult {
  readonly base: BaseSources;
  /** The Go tree of the `go` that answers; undefined if there is none. */
  readonly local: GoTree | undefined;
  /** Absolute directories of PATH, without the usual ones. */
  readonly listed: readonly string[];
}

/** Searches PATH for every `go`, in the way of the shell that starts it. */
export function findGo(settings: TargetSettings, machine: Machine, own: ReadEnvironment): GoSearchResult {
  const { root } = own;
  const { workspace } = settings;
  // This process's home applies to no other process.
  const { source } = own.reading;
  const ownHome = source === 'self' || source === 'none' ? machine.home : undefined;
  const home = own.variables.get('HOME') ?? ownHome ?? '';
  const PATH = own.variables.get('PATH') ?? '';
  const listed = directoriesOf(own.variables);
  const usual = workspace === '' || listed.length === 0 ? usualDirectories(root, home) : [];
  // Go does not start a program from a relative directory (exec.ErrDot); the shell that starts `go` does.
  const ofShell =
    workspace === '' || PATH === ''
      ? listed
      : PATH.split(':').map((directory) => path.resolve(workspace, directory));
  const code = codeOf(root, workspace, home, root === '/' ? settings.found : undefined);
  const asker = { code, environment: own.variables, credentials: own.credentials, workspace, home };
  const found = findCandidates(asker, machine, [...ofShell, ...usual], settings.go);
  const relative = new Map(
    settings.go === undefined
      ? relativeEntries(PATH, workspace).map(({ entry, directory }) => [path.join(directory, 'go'), entry])
      : [],
  );
  // If a container's environment is unreadable, its `go` may exist where it cannot be seen.
  const isBlank = settings.go !== undefined && found.candidates.length === 0 && own.reading.readable;
  const all = isBlank ? [namedCandidate(root, settings.go, own.credentials)] : found.candidates;
  const candidates = all.map((one) => {
    const entry = relative.get(one.path);
    if (entry === undefined) return one;
    const ofTheCode = code.real.some((directory) => isWithin(one.realPath, directory));
    return { ...one, relative: { entry, ofTheCode } };
  });
  const repository = workspace === '' ? undefined : repositoryOf(root, workspace);
  const [first] = candidates;
  return {
    base: {
      settings,
      machine,
      // Variables that a version manager sets belong to the environment in which `go` runs.
      environment: { ...own, variables: new Map([...own.variables, ...found.shimmed]) },
      root,
      home,
      candidates,
      pathDirectories: [...new Set([...listed, ...usual])],
      relativeEntries: readRelativeEntries(own, PATH, workspace),
      code,
      ...(repository === undefined ? {} : { repository }),
    },
    local: first === undefined ? undefined : found.trees.get(first.path),
    listed,
  };
}
