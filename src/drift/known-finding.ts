/** By what a finding is known again, at another time and by whoever kept it. Pure. */

/** As it is kept. */
export interface KnownFinding {
  readonly rule: string;
  readonly summary: string;
}

/** `rule` NUL `summary`: what a rule finds at two places it says in two sentences. */
export const findingId = ({ rule, summary }: KnownFinding) => `${rule}\0${summary}`;

/** Those that are not among the known ones. */
export function unknownFindings<T extends KnownFinding>(
  findings: readonly T[],
  known: readonly KnownFinding[],
): readonly T[] {
  const ids = new Set(known.map(findingId));
  return findings.filter((finding) => !ids.has(findingId(finding)));
}
