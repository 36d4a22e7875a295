/** Versions that stand for all others: what is compared with a few known versions falls onto one of them, or between two. */
import { compareGoVersions, isLanguageVersion, parseGoVersion } from '../../go/version.ts';

/** The next higher version of the same kind, which need not exist. */
function next(version: string): readonly string[] {
  const parsed = parseGoVersion(version);
  if (parsed === undefined) return [];
  const { major, minor, patch, kind, pre } = parsed;
  if (kind !== '') return [`${major}.${minor}${kind}${Number(pre || 0) + 1}`];
  // Between a language and its first release stand its pre-releases.
  if (isLanguageVersion(version)) return [`${major}.${minor}rc1`];
  return [`${major}.${minor}.${Number(patch || 0) + 1}`];
}

/** A version of the next language: above all that have the minor number of this one. */
function above(version: string): string {
  const { major = '1', minor = '0' } = parseGoVersion(version) ?? {};
  return `${major}.${Number(minor) + 1}.1`;
}

/** Below every Go that anybody runs. */
const lowest = '1.1';

/** The known versions, one below them, one above, and one between each two of them where there is room; sorted. */
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
