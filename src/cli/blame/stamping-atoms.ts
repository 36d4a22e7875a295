/**
 * The atom of a repository whose state go cannot determine for VCS stamping. If the repair is a single
 * command or file, the world carries it out. A damaged repository cannot be repaired in a world, so go is
 * told not to stamp (`-buildvcs=false`): a command that passes then failed only because of the stamp.
 */
import { type Finding, factsOf, type StampingProblem } from '../../drift/model.ts';
import type { Change } from '../../explain/blame/atom.ts';
import { readFile } from '../../host/files.ts';
import type { Inspection } from '../inspect.ts';
import type { Unweighed } from './file-atoms.ts';

/** The rule that reports such a repository. */
export const stampingRule = 'vcs-stamping';

/** Returns the change that certainly repairs the problem; undefined where there is none. */
function repairOf(problem: StampingProblem): Change | undefined {
  switch (problem.why) {
    case 'owner':
      return {
        do: 'command',
        argv: ['git', 'config', '--global', '--add', 'safe.directory', problem.directory],
      };
    case 'git-dir':
      return { do: 'process', name: 'GIT_DIR' };
    case 'no-repository':
      return { do: 'remove', path: `${problem.directory}/.git` };
    case 'several': {
      const { at, mark } = problem.first.system === 'git' ? problem.second : problem.first;
      return { do: 'remove', path: `${at === '/' ? '' : at}/${mark}` };
    }
    default:
      return undefined;
  }
}

/** Returns the atom of the finding; undefined where the observation holds no stamping problem. */
export function stampingAtom({ observation }: Inspection, finding: Finding): Unweighed | undefined {
  const facts = factsOf(observation, 'env');
  if (facts?.stamping === undefined) return undefined;
  const { path } = facts.goenv;
  const read = path === '' ? undefined : readFile({ root: '/', path });
  const flag: Change = {
    do: 'flag',
    flag: '-buildvcs=false',
    goenv: path,
    now: read?.ok === true ? read.bytes : new Uint8Array(),
    otherwise: facts.variables.get('GOFLAGS')?.value ?? '',
  };
  const { facet, summary, repair = '', origin } = finding;
  return {
    id: stampingRule,
    facet,
    key: stampingRule,
    kind: 'repair',
    title: summary,
    ...(origin === undefined ? {} : { origin }),
    changes: [repairOf(facts.stamping) ?? flag],
    repair,
  };
}
