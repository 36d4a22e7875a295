/** Conflicts with the version control that go asks while it builds a program (contract §3: vcs-stamping). */
import { flagValue, parseGoflags } from '../../go/goflags.ts';
import type { StampingProblem } from '../model.ts';
import { shellWord } from '../shell-word.ts';
import { type Conflict, effectiveValue, originOf, type Rule, unset, type World } from './rule.ts';

function words(world: World, problem: StampingProblem): Pick<Conflict, 'summary' | 'repair'> {
  const { directory } = problem;
  const failing = 'go build and go install of a program fail with "error obtaining VCS status"';
  switch (problem.why) {
    case 'owner':
      return {
        summary: `${failing}: git refuses to work in ${directory}, ${problem.owned === directory ? 'which' : `as ${problem.owned}`} belongs to uid ${problem.owner}, while uid ${problem.uid} builds and no safe.directory of its configuration covers it`,
        repair: `git config --global --add safe.directory ${shellWord(directory)} where its owner is trusted, or build with GOFLAGS=-buildvcs=false`,
      };
    case 'no-repository':
      return {
        summary: `${failing}: ${directory}/.git is a folder, but no repository of git`,
        repair: `remove ${shellWord(`${directory}/.git`)}, or build with GOFLAGS=-buildvcs=false`,
      };
    case 'damaged':
      return {
        summary: `${failing}: ${directory}/.git is damaged, as its HEAD names no branch and no commit`,
        repair: `restore the HEAD of ${shellWord(`${directory}/.git`)}, or build with GOFLAGS=-buildvcs=false`,
      };
    case 'no-git':
      return {
        summary: `${failing}: -buildvcs=true wants the state of ${directory}, and there is no git on PATH`,
        repair: `install git, or ${unset(world, 'GOFLAGS')}`,
      };
  }
}

/** A repository whose state go cannot be told. */
export const vcsStamping: Rule = (world) => {
  const problem = world.env?.stamping;
  if (problem === undefined) return [];
  const flagged = flagValue(parseGoflags(effectiveValue(world, 'GOFLAGS')).flags, 'buildvcs') !== undefined;
  const origin = { kind: 'file' as const, path: `${problem.directory}/.git` };
  return [
    {
      key: 'env.GOFLAGS',
      ...(flagged ? originOf(world, 'GOFLAGS') : { origin }),
      ...words(world, problem),
    },
  ];
};
