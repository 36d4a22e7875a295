/**
 * Guards the files of the project (go.mod, go.sum, go.work …). What is committed is a decision of the project
 * and no drift of this host, and uncommitted work must not be lost. A file is restored only if HEAD holds the
 * approved version, the working tree differs from HEAD, and no git operation is in progress.
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
  if (busy !== undefined) return [`${busy.what} is in progress there: finish or abort it (${busy.file})`];
  const head = readAtRevision(where, name, 'HEAD');
  // Without any commit the project has decided nothing yet.
  if (head.state === 'problem' && head.unborn === true) return [];
  if (head.state === 'problem') return [`${file} cannot be compared with its repository: ${head.why}`];
  // An uncommitted file, as go.work often is, belongs to this host alone.
  if (head.state === 'absent') return [];
  if (after.kind === 'file' && after.sha256 === sha256Hex(head.bytes)) return [];
  return [`HEAD has a different ${file} than the approved one: revert that commit, or accept a new baseline`];
}

/**
 * Returns why files of the project must not be restored. `isInRepository` reports whether a directory is in a
 * repository.
 */
export function guardProject(
  { steps }: EntryPlan,
  isInRepository: (directory: string) => boolean,
): readonly string[] {
  const ofProject = steps.filter(
    ({ role, directory }) => projectRoles.includes(role) && isInRepository(directory),
  );
  return [...new Set(ofProject.flatMap(whyNot))];
}
