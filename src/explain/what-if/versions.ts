/**
 * Representative versions. Go's rules only compare a version with a few known ones, so every version behaves
 * like one of the known ones or like one between two of them.
 */
import { compareGoVersions, isLanguageVersion, parseGoVersion } from '../../go/version.ts';

/** Returns the next higher version of the same kind, whether or not it exists. */
function next(version: string): readonly string[] {
  const parsed = parseGoVersion(version);
  if (parsed === undefined) return [];
  const { major, minor, patch, kind, pre } = parsed;
  if (kind !== '') return [`${major}.${minor}${kind}${Number(pre || 0) + 1}`];
  // Between a language version and its first release there are its pre-releases.
  if (isLanguageVersion(version)) return [`${major}.${minor}rc1`];
  return [`${major}.${minor}.${Number(patch || 0) + 1}`];
}

/** Returns a version of the next minor release, above all versions of this one. */
function above(version: string): string {
  const { major = '1', minor = '0' } = parseGoVersion(version) ?? {};
  return `${major}.${Number(minor) + 1}.1`;
}

/** Older than every Go in use. */
const lowest = '1.1';

/**
 * Returns the known versions, one below and one above all of them, and one between each two neighbours where
 * possible; sorted.
 */
export function representatives(known: Iterable<string>): readonly string[] {
  const sorted = [...new Set(known)]
    .filter((version) => parseGoVersion(version) !== undefined)
    .sort(compareGoVersions);
  const last = sorted.at(-1);
  return [
    ...(sorted[0] === undefined || compareGoVersions(lowest, sorted[0]) < 0 ? [lowest] : []),
    ...sorted.flatMap((version, index) => {
      const limit = sorted[index + 1];
      const between =
        limit === undefined
          ? []
          : [...next(version), above(version)].filter(
              (one) => compareGoVersions(version, one) < 0 && compareGoVersions(one, limit) < 0,
            );
      return [version, ...between.slice(0, 1)];
    }),
    ...(last === undefined ? [] : [above(last)]),
  ];
}
