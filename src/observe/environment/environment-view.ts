/**
 * What a process with other variables, such as an editor beside the terminal, would find in the same
 * workspace.
 */
import type { GoCandidate } from '../../drift/facets/toolchain.ts';
import type { ResolvedVariable } from '../../go/getenv.ts';
import { withoutGoroot } from '../../go/resolve-environment.ts';
import type { Credentials } from '../../host/credentials.ts';
import { directoriesOf, findCandidates } from './candidates.ts';
import { goenvOf } from './goenv-file.ts';
import { resolveWith, type Sources, surroundingsOf } from './sources.ts';

/** What a process with other variables would find in the same workspace. */
export interface EnvironmentView {
  /** The first `go` on its PATH. */
  readonly go?: GoCandidate;
  readonly variables: ReadonlyMap<string, ResolvedVariable>;
}

/**
 * Evaluates another process's environment with its credentials, but with this target's toolchain, so that
 * only the environment makes a difference.
 */
export function evaluateEnvironment(
  sources: Sources,
  environment: ReadonlyMap<string, string>,
  credentials: Credentials,
): EnvironmentView {
  const { root, machine, settings, effective, local, code } = sources;
  const pathDirectories = directoriesOf(environment);
  const home = environment.get('HOME') ?? sources.home;
  const asker = { code, environment, credentials, workspace: settings.workspace, home };
  const { candidates, shimmed } = findCandidates(asker, machine, pathDirectories);
  const [go] = candidates;
  const tree = effective ?? local;
  if (tree === undefined) return { ...(go === undefined ? {} : { go }), variables: new Map() };
  const variables = new Map([...environment, ...shimmed]);
  const theirs = {
    root,
    settings,
    pathDirectories,
    environment: { ...sources.environment, variables, credentials },
  };
  const around = {
    ...surroundingsOf(theirs, sources.gomod?.path),
    goworkPath: sources.gowork?.path,
  };
  const goenv = goenvOf({ root, machine, settings }, variables, tree);
  const seen = tree === local ? around : withoutGoroot(around);
  const resolved = resolveWith(root, tree, sources.tree, seen, goenv);
  return { ...(go === undefined ? {} : { go }), variables: resolved.variables };
}
