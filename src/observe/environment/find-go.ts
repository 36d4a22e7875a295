/** The first part of the sources: where a target is, and which go its PATH leads to. */
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

/** What is found before it is known whether a go answers. */
export interface Base {
  readonly settings: TargetSettings;
  readonly machine: Machine;
  readonly environment: ReadEnvironment;
  readonly root: string;
  readonly home: string;
  readonly candidates: readonly GoCandidate[];
  /** Directories of PATH in their order; without one the usual places. */
  readonly pathDirectories: readonly string[];
  /** The other entries of PATH, which mean another directory in each folder. */
  readonly relativeEntries: readonly RelativeEntry[];
  readonly code: Code;
  /** The repository that the workspace lies in. */
  readonly repository?: string;
}

/** What a search on PATH gives. */
export interface Found {
  readonly base: Base;
  /** The tree of the go that answers. */
  readonly local: GoTree | undefined;
  /** Directories of PATH as it is, without the usual places. */
  readonly listed: readonly string[];
}

/** Searches PATH for every go, as the shell that starts one does. */
export function findGo(settings: TargetSettings, machine: Machine, own: ReadEnvironment): Found {
  const { root } = own;
  const { workspace } = settings;
  // The home of this process is nobody else's.
  const { source } = own.reading;
  const ownHome = source === 'self' || source === 'none' ? machine.home : undefined;
  const home = own.variables.get('HOME') ?? ownHome ?? '';
  const PATH = own.variables.get('PATH') ?? '';
  const listed = directoriesOf(own.variables);
  const usual = workspace === '' || listed.length === 0 ? usualDirectories(root, home) : [];
  // Go takes no program from a relative directory (exec.ErrDot); the shell that starts go does, from where it stands.
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
  // Beside a container that cannot be looked into, the go of its builds may lie where nobody sees.
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
      // What a version manager sets for go is part of the environment in which go runs.
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
