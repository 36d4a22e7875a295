/** Whether a build in the world after a repair takes the same files as in the one before it, by the build tags that decide it (decision 0081). */
import { goMinor } from '../go/defaults.ts';
import { compareGoVersions } from '../go/version.ts';
import { stopsBuilds } from './after-repair.ts';
import { effectiveVersion, type World } from './conflicts/rule.ts';

/** Whether no build passes, so that none can be worse off. Of a go that nobody understands it is not known. */
function nothingBuilds(world: World): boolean {
  if (world.toolchain?.candidates[0]?.unclear === true) return false;
  const effective = effectiveVersion(world);
  return (
    stopsBuilds(world) !== undefined ||
    (world.modules?.newer ?? []).some(({ go }) => compareGoVersions(go, effective) > 0)
  );
}

/** Whether a setting that has another value decides about a build tag. */
export type Decides = (tag: string) => boolean;

/**
 * Why a build may take other files when settings that decide about some tags have other values, in words; undefined where no file of the packages that
 * builds read is chosen by one of them: then it also imports what it did.
 */
export function otherFiles(before: World, decides: Decides): string | undefined {
  if (nothingBuilds(before)) return undefined;
  const choice = before.modules?.chosenBy;
  if (choice === undefined) return 'nobody has looked whether other files are built then';
  const found = [...choice.own, ...choice.others].find(([tag]) => decides(tag));
  if (found !== undefined)
    return `other files of ${found[1]} are built then, which are chosen by ${found[0]}`;
  return choice.unread === undefined
    ? undefined
    : `whether other files are built cannot be told: ${choice.unread}`;
}

const releaseOf = (tag: string) => Number(/^go1\.([1-9]\d*)$/.exec(tag)?.[1] ?? 0);

/**
 * Why a build with the Go of another minor release may not be as before, in words: `go1.N` holds since that release, and a file may be for it or
 * against it. Undefined where no file of the packages that builds read names a release between the two.
 */
export function otherRelease(before: World, after: World): string | undefined {
  const [was, is] = [effectiveVersion(before), effectiveVersion(after)];
  const minor = goMinor(is);
  if (goMinor(was) === minor || before.toolchain?.hasModule === false || nothingBuilds(before))
    return undefined;
  const choice = before.modules?.chosenBy;
  const why = `go${is} is of another release, and `;
  if (choice === undefined) return `${why}nobody has looked whether it takes other files`;
  // A go that nobody understands may be of any release that the project takes.
  const floor = was === '' ? goMinor(before.toolchain?.project?.go ?? '') : goMinor(was);
  const [low, high] =
    was === '' ? [floor, Number.MAX_SAFE_INTEGER] : [Math.min(floor, minor), Math.max(floor, minor)];
  for (const [tag, name] of [...choice.own, ...choice.others]) {
    const release = releaseOf(tag);
    if (release > low && release <= high) return `${why}files of ${name} are chosen by ${tag}`;
  }
  return choice.unread === undefined
    ? undefined
    : `${why}whether it takes other files cannot be told: ${choice.unread}`;
}
