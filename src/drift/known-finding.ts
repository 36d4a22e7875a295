/** Recognises a finding at a later time: the part that is stored, and its identity. Pure. */

/** The stored part of a finding, for example of the conflicts in an approved record. */
export interface KnownFinding {
  readonly rule: string;
  readonly summary: string;
}

/**
 * Returns the identity of a finding, `rule` NUL `summary`. The summary is part of it because one rule can
 * find several faults.
 */
export const findingId = ({ rule, summary }: KnownFinding) => `${rule}\0${summary}`;

/** Returns the findings that are not among the known ones. */
export function unknownFindings<T extends KnownFinding>(
  findings: readonly T[],
  known: readonly KnownFinding[],
): readonly T[] {
  const ids = new Set(known.map(findingId));
  return findings.filter((finding) => !ids.has(findingId(finding)));
}
