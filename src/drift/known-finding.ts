/** How a finding is recognised at another time: what is kept of it, and its identity. Pure. */

/** What is kept of a finding, as of the conflicts of an approved record. */
export interface KnownFinding {
  readonly rule: string;
  readonly summary: string;
}

/** The identity of a finding, `rule` NUL `summary`: what a rule finds at two places it tells in two sentences. */
export const findingId = ({ rule, summary }: KnownFinding) => `${rule}\0${summary}`;

/** The findings that are not among the known ones. */
export function unknownFindings<T extends KnownFinding>(
  findings: readonly T[],
  known: readonly KnownFinding[],
): readonly T[] {
  const ids = new Set(known.map(findingId));
  return findings.filter((finding) => !ids.has(findingId(finding)));
}
