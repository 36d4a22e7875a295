/**
 * Files of the project are its own word: what is committed is no drift of this host, and what somebody works on is not to be lost. So one is put back only
 * while the commit that is checked out still holds what was approved, the working tree has something else, and git itself is not at work there.
 */
import { sha256Hex } from '../host/digest.ts';
import { readAtRevision } from '../host/git/revision.ts';
import { gitUnderWay } from '../host/git/under-way.ts';
import { projectRoles } from '../store/approved/record.ts';
import type { EntryPlan } from './plan.ts';
import type { EntryStep } from './step.ts';

function whyNot({ path: file, directory, name, after }: EntryStep): readonly string[] {
  const where = { directory, start: directory };
  const busy = gitUnderWay(where);
  if (busy !== undefined) return [`${busy.what} is under way there: end it, or abort it (${busy.file})`];
  const head = readAtRevision(where, name, 'HEAD');
  // Where nothing was ever committed, nothing is the project's own word yet.
  if (head.state === 'problem' && head.unborn === true) return [];
  if (head.state === 'problem') return [`${file} cannot be held against its repository: ${head.why}`];
  // What is not committed, as many a go.work, is this host's alone.
  if (head.state === 'absent') return [];
  if (after.kind === 'file' && after.sha256 === sha256Hex(head.bytes)) return [];
  return [
    `the commit that is checked out has another ${file} than was approved: revert that commit, or accept a new baseline`,
  ];
}

/** Why files of the project must not be put back. `isInRepository` tells whether a directory is part of one. */
export function guardProject(
  { steps }: EntryPlan,
  isInRepository: (directory: string) => boolean,
): readonly string[] {
  const ofProject = steps.filter(
    ({ role, directory }) => projectRoles.includes(role) && isInRepository(directory),
  );
  return [...new Set(ofProject.flatMap(whyNot))];
}
