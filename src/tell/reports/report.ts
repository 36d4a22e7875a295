/** What the reports of a check have in common: where a finding is shown, and what makes it the same one the next time. Pure. */
import path from 'node:path';
import { type Level, levelNumber } from '../../catalog/facets.ts';
import { visible } from '../../catalog/visible.ts';
import type { Finding, Origin } from '../../drift/model.ts';
import { writerText } from '../../drift/probable-writer.ts';
import type { TargetState } from '../../drift/state.ts';

/** A check as it is reported. */
export interface Report {
  readonly state: TargetState;
  readonly failOn: Level;
  /** godrift's version. */
  readonly version: string;
  /** Absolute path of the repository that paths are written relative to. */
  readonly root: string;
  /** Hex SHA-256. */
  readonly digest: (text: string) => string;
}

/** Whether a finding decides the exit code. */
export function counts(finding: Finding, failOn: Level): boolean {
  return finding.waived === undefined && levelNumber(finding.level) >= levelNumber(failOn);
}

/** A file of the repository, `/` between its parts, and a line from 1. */
export interface RepositoryPlace {
  readonly file: string;
  readonly line: number;
}

function inside(root: string, file: string): string | undefined {
  const relative = path.relative(root, file);
  return relative === '' || relative.startsWith('..') || path.isAbsolute(relative) ? undefined : relative;
}

/** Where a finding stands in the repository; undefined when its cause lies outside of it (the process, GOENV, an SDK). */
export function placeOf({ state, root }: Report, { origin }: Finding): RepositoryPlace | undefined {
  if (origin?.path === undefined) return undefined;
  const file = inside(root, path.resolve(state.workspace || '/', origin.path));
  return file === undefined ? undefined : { file, line: origin.line ?? 1 };
}

/** Where a finding is shown by systems that show nothing without a file: its place, else the go.mod of the workspace. */
export function anyPlaceOf(report: Report, finding: Finding): RepositoryPlace {
  const { state, root } = report;
  return (
    placeOf(report, finding) ?? {
      file: inside(root, path.join(state.workspace || root, 'go.mod')) ?? 'go.mod',
      line: 1,
    }
  );
}

/** The place of an origin in words; empty for none. */
export function originText(origin: Origin | undefined): string {
  if (origin === undefined) return '';
  if (origin.path === undefined) return origin.kind === 'process' ? 'process environment' : origin.kind;
  return visible(origin.line === undefined ? origin.path : `${origin.path}:${origin.line}`);
}

/**
 * The identity of each finding, hex SHA-256, in their order: the same problem has the same one in the next check, on another machine and with
 * other values; two findings of one report never share it.
 */
export function identities(report: Report): readonly string[] {
  const seen = new Map<string, number>();
  return report.state.findings.map((finding) => {
    const { kind, rule, facet, key } = finding;
    const place = placeOf(report, finding)?.file ?? '';
    const base = [report.state.target, kind, kind === 'drift' ? '' : rule, facet, key, place].join('\0');
    const before = seen.get(base) ?? 0;
    seen.set(base, before + 1);
    return report.digest(`${base}\0${before}`);
  });
}

/** A finding in one sentence with its place, who probably wrote it, and its repair, for systems that show one text. */
export function sentence(finding: Finding, separator: string): string {
  const where = originText(finding.origin);
  const parts = [`${finding.summary}${where === '' ? '' : ` (${where})`}`];
  for (const writer of finding.writers ?? []) parts.push(`writer: ${writerText(writer)}`);
  if (finding.repair !== undefined) parts.push(`repair: ${finding.repair}`);
  const { waived } = finding;
  if (waived !== undefined) parts.push(`waived until ${waived.expires} by ${waived.who}: ${waived.reason}`);
  return parts.map(visible).join(separator);
}
