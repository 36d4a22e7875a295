/**
 * Checks whether a build compiles the same files before and after a repair, based on build tags (decision
 * 0081).
 */
import { goMinor } from '../go/defaults.ts';
import { releaseOfTag } from '../go/imports.ts';
import { compareGoVersions } from '../go/version.ts';
import { stopsBuilds } from './after-repair.ts';
import { effectiveVersion, type World } from './conflicts/rule.ts';

/**
 * Reports whether no build can succeed, so that none can get worse. False for a go of unknown version:
 * nothing is known then.
 */
function nothingBuilds(world: World): boolean {
  if (world.toolchain?.candidates[0]?.unclear === true) return false;
  const effective = effectiveVersion(world);
  return (
    stopsBuilds(world) !== undefined ||
    (world.modules?.newer ?? []).some(({ go }) => compareGoVersions(go, effective) > 0)
  );
}

/**
 * Finds a reason why a build may compile other files. `decides` reports whether a tag may have another value.
 * Returns the first such tag with a package that has files for it, or `{ unread? }` if that is not known
 * (with the reason, if there is one). Undefined if no file of the packages that builds read depends on such a
 * tag.
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
 * Explains why a build may compile other files when settings that decide some tags change. Undefined if no
 * file of the packages that builds read depends on one of those tags; then the imports are the same, too.
 */
export function otherFiles(before: World, decides: (tag: string) => boolean): string | undefined {
  const other = nothingBuilds(before) ? undefined : otherChoice(before, decides);
  if (other === undefined) return undefined;
  if ('tag' in other) return `other files of ${other.of} would be built, which the tag ${other.tag} selects`;
  return other.unread === undefined
    ? 'whether other files would be built was not checked'
    : `whether other files would be built is not known: ${other.unread}`;
}

/**
 * Explains why a build with the Go of another minor release may differ: the tag `go1.N` holds since release
 * 1.N, and a file may require it or exclude it. Undefined if no file of the packages that builds read names a
 * release between the two.
 */
export function otherRelease(before: World, after: World): string | undefined {
  const [was, is] = [effectiveVersion(before), effectiveVersion(after)];
  const minor = goMinor(is);
  if (goMinor(was) === minor || before.toolchain?.hasModule === false || nothingBuilds(before))
    return undefined;
  // A go of unknown version may be any release that the project allows.
  const floor = was === '' ? goMinor(before.toolchain?.project?.go ?? '') : goMinor(was);
  const [low, high] =
    was === '' ? [floor, Number.MAX_SAFE_INTEGER] : [Math.min(floor, minor), Math.max(floor, minor)];
  const other = otherChoice(before, (tag) => {
    const release = releaseOfTag(tag) ?? 0;
    return release > low && release <= high;
  });
  if (other === undefined) return undefined;
  const why = `go${is} is of another release, and `;
  if ('tag' in other) return `${why}the tag ${other.tag} selects files of ${other.of}`;
  return other.unread === undefined
    ? `${why}whether it builds other files was not checked`
    : `${why}whether it builds other files is not known: ${other.unread}`;
}
