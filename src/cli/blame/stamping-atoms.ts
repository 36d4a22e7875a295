/**
 * The atom of a repository whose state go cannot be told. Where its repair is one command or one name it is carried out in the world; a repository that is damaged
 * cannot be made whole there, and go is told to stamp nothing: what passes then failed for the stamp alone.
 */
import { type Finding, factsOf, type StampingProblem } from '../../drift/model.ts';
import type { Change } from '../../explain/blame/atom.ts';
import { readFile } from '../../host/files.ts';
import type { Inspection } from '../inspect.ts';
import type { Unweighed } from './file-atoms.ts';

/** The rule that finds it. */
export const stampingRule = 'vcs-stamping';

/** The repair that is sure to be one, where there is such. */
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

/** The atom of the finding; undefined where the look has nothing of it. */
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
