/**
 * Conflicts with the version control that go queries when it builds a program (contract §3: vcs-stamping),
 * and with what the module cache stores about it.
 */
import { flagValue, parseGoflags } from '../../go/goflags.ts';
import type { StampingProblem } from '../model.ts';
import { shellWord } from '../shell-word.ts';
import { type Conflict, effectiveValue, originOf, type Rule, unset, type World } from './rule.ts';

type Words = Pick<Conflict, 'summary' | 'repair'>;
type Of<Why extends StampingProblem['why']> = Extract<StampingProblem, { readonly why: Why }>;

const failing = 'go build and go install of a program fail with "error obtaining VCS status"';
const without = 'or build with GOFLAGS=-buildvcs=false';

function ofOwner(problem: Of<'owner'>): Words {
  const { directory, owned, owner, uid, ignored, git } = problem;
  const covered =
    ignored === undefined
      ? 'no safe.directory of its configuration covers it'
      : `safe.directory = ${ignored} covers it only for git 2.45.3 and newer, while this one is ${git}`;
  return {
    summary: `${failing}: git refuses to work in ${directory}, ${owned === directory ? 'which' : `as ${owned}`} belongs to uid ${owner}, while uid ${uid} builds and ${covered}`,
    repair: `git config --global --add safe.directory ${shellWord(directory)} where its owner is trusted, ${without}`,
  };
}

function ofSeveral({ first, second }: Of<'several'>): Words {
  const other = first.system === 'git' ? second : first;
  return {
    summary: `${failing}: multiple VCS detected, ${first.system} in ${first.at} and ${second.system} in ${second.at}`,
    repair: `move ${shellWord(`${other.at === '/' ? '' : other.at}/${other.mark}`)} out of the way where it is a leftover, ${without}`,
  };
}

function ofFormat({ directory, file, what, since, git }: Of<'format'>): Words {
  return {
    summary: `${failing}: git ${git} refuses to work in ${directory}, as ${file} has ${what}`,
    repair:
      since === undefined
        ? `correct ${shellWord(file)} or take a git that knows it, ${without}`
        : `take git ${since} or newer, ${without}`,
  };
}

function words(world: World, problem: StampingProblem): Words {
  const { directory } = problem;
  const git = shellWord(`${directory}/.git`);
  switch (problem.why) {
    case 'owner':
      return ofOwner(problem);
    case 'several':
      return ofSeveral(problem);
    case 'format':
      return ofFormat(problem);
    case 'no-repository':
      return {
        summary: `${failing}: ${directory}/.git is a folder, but no repository of git`,
        repair: `remove ${git}, ${without}`,
      };
    case 'gone':
      return {
        summary: `${failing}: ${directory}/.git leads to ${problem.file}, which is no repository of git`,
        repair: `move ${shellWord(directory)} away and check it out again (of a submodule: git submodule update --init), ${without}`,
      };
    case 'damaged':
      return {
        summary: `${failing}: ${directory}/.git is damaged, as its HEAD names no branch and no commit`,
        repair: `restore the HEAD of ${git}, ${without}`,
      };
    case 'config':
      return {
        summary: `${failing}: git cannot parse line ${problem.line} of ${problem.file}`,
        repair: `correct line ${problem.line} of ${shellWord(problem.file)}, ${without}`,
      };
    case 'index':
      return {
        summary: `${failing}: ${problem.file} is damaged, as it is no index of git`,
        repair: `rm ${shellWord(problem.file)} && git -C ${shellWord(directory)} reset -q, after which nothing is staged, ${without}`,
      };
    case 'git-dir':
      return {
        summary: `${failing}: GIT_DIR=${problem.file} names no repository of git`,
        repair: `unset GIT_DIR, ${without}`,
      };
    case 'no-git':
      return {
        summary: `${failing}: -buildvcs=true wants the state of ${directory}, and there is no git on PATH`,
        repair: `install git, or ${unset(world, 'GOFLAGS')}`,
      };
  }
}

/**
 * Returns the location to look at: the line that git cannot parse, or the path that go took for the
 * repository.
 */
function placeOf(problem: StampingProblem): NonNullable<Conflict['origin']> {
  switch (problem.why) {
    case 'git-dir':
      return { kind: 'process' };
    case 'config':
      return { kind: 'file', path: problem.file, line: problem.line };
    case 'format':
    case 'index':
      return { kind: 'file', path: problem.file };
    default:
      return { kind: 'file', path: `${problem.directory}/.git` };
  }
}

/** Reports a repository whose state go cannot determine. */
export const vcsStamping: Rule = (world) => {
  const problem = world.env?.stamping;
  if (problem === undefined) return [];
  const flagged = flagValue(parseGoflags(effectiveValue(world, 'GOFLAGS')).flags, 'buildvcs') !== undefined;
  const origin = placeOf(problem);
  return [
    {
      key: 'env.GOFLAGS',
      ...(flagged ? originOf(world, 'GOFLAGS') : { origin }),
      ...words(world, problem),
    },
  ];
};

/**
 * Reports a tag that go does not see: it must not access the network, and the module cache has the commit
 * from before it was tagged.
 */
export const vcsVersionStale: Rule = ({ env }) => {
  if (env?.staleStamp === undefined) return [];
  const { tag, version, stamped, files } = env.staleStamp;
  return [
    {
      key: 'env.GOMODCACHE',
      summary: `go build stamps programs with ${stamped}, not with ${version}: with GOPROXY=off go asks the module cache, which knows this commit since before it was tagged ${tag}; go adds +dirty to either of them while git status names a file`,
      repair: `rm ${files.map(shellWord).join(' ')}`,
      fix: { action: 'run', argv: ['rm', ...files] },
      expected: version,
      actual: stamped,
      origin: { kind: 'file', path: files[0] },
    },
  ];
};
