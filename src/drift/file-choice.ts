/** Whether a build in the world after a repair takes the same files as in the one before it, by the build tags that decide it (decision 0081). */
import { goMinor } from '../go/defaults.ts';
import { releaseOfTag } from '../go/imports.ts';
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

/**
 * Why a build may take other files where `decides` says of a tag that it may hold otherwise: the first such tag with a package that has files for it, or
 * that it is not known (with the reason, where somebody looked). Undefined where no file of the packages that builds read is chosen so.
 */
function otherChoice(
  { modules }: World,
  decides: (tag: string) => boolean,
): { readonly tag: string; readonly of: string } | { readonly unread?: string } | undefined {
  const choice = modules?.chosenBy;
  if (choice === undefined) return {};
  const [found] = [...choice.own, ...choice.others].filter(([tag]) => decides(tag));
  if (found !== undefined) return { tag: found[0], of: found[1] };
  return choice.unread === undefined ? undefined : { unread: choice.unread };
}

/**
 * Why a build may take other files when settings that decide about some tags have other values, in words; undefined where no file of the packages that
 * builds read is chosen by one of them: then it also imports what it did.
 */
export function otherFiles(before: World, decides: (tag: string) => boolean): string | undefined {
  const other = nothingBuilds(before) ? undefined : otherChoice(before, decides);
  if (other === undefined) return undefined;
  if ('tag' in other) return `other files of ${other.of} are built then, which are chosen by ${other.tag}`;
  return other.unread === undefined
    ? 'nobody has looked whether other files are built then'
    : `whether other files are built cannot be told: ${other.unread}`;
}

/**
 * Why a build with the Go of another minor release may not be as before, in words: `go1.N` holds since that release, and a file may be for it or
 * against it. Undefined where no file of the packages that builds read names a release between the two.
 */
export function otherRelease(before: World, after: World): string | undefined {
  const [was, is] = [effectiveVersion(before), effectiveVersion(after)];
  const minor = goMinor(is);
  if (goMinor(was) === minor || before.toolchain?.hasModule === false || nothingBuilds(before))
    return undefined;
  // A go that nobody understands may be of any release that the project takes.
  const floor = was === '' ? goMinor(before.toolchain?.project?.go ?? '') : goMinor(was);
  const [low, high] =
    was === '' ? [floor, Number.MAX_SAFE_INTEGER] : [Math.min(floor, minor), Math.max(floor, minor)];
  const other = otherChoice(before, (tag) => {
    const release = releaseOfTag(tag) ?? 0;
    return release > low && release <= high;
  });
  if (other === undefined) return undefined;
  const why = `go${is} is of another release, and `;
  if ('tag' in other) return `${why}files of ${other.of} are chosen by ${other.tag}`;
  return other.unread === undefined
    ? `${why}nobody has looked whether it takes other files`
    : `${why}whether it takes other files cannot be told: ${other.unread}`;
}
