/** Shared by all reports of a check: where a finding is shown, and its identity across checks. Pure. */
import path from 'node:path';
import { type Level, levelNumber } from '../../catalog/facets.ts';
import { visible } from '../../catalog/visible.ts';
import type { Finding, Origin } from '../../drift/model.ts';
import { writerText } from '../../drift/probable-writer.ts';
import type { TargetState } from '../../drift/state.ts';

/** Input of a report. */
export interface Report {
  readonly state: TargetState;
  readonly failOn: Level;
  /** godrift's version. */
  readonly version: string;
  /** Absolute path of the repository; paths are written relative to it. */
  readonly root: string;
  /** Returns the SHA-256 in hex. */
  readonly digest: (text: string) => string;
}

/** Reports whether a finding decides the exit code. */
export function counts(finding: Finding, failOn: Level): boolean {
  return finding.waived === undefined && levelNumber(finding.level) >= levelNumber(failOn);
}

/** A file of the repository, with `/` as separator, and a line, counted from 1. */
export interface RepositoryPosition {
  readonly file: string;
  readonly line: number;
}

function inside(root: string, file: string): string | undefined {
  const relative = path.relative(root, file);
  return relative === '' || relative.startsWith('..') || path.isAbsolute(relative) ? undefined : relative;
}

/**
 * Returns the position of a finding in the repository; undefined if its cause is outside (the process, GOENV,
 * an SDK).
 */
export function positionOf({ state, root }: Report, { origin }: Finding): RepositoryPosition | undefined {
  if (origin?.path === undefined) return undefined;
  const file = inside(root, path.resolve(state.workspace || '/', origin.path));
  return file === undefined ? undefined : { file, line: origin.line ?? 1 };
}

/**
 * Returns the position of a finding for systems that require a file: its own, or else the go.mod of the
 * workspace.
 */
export function positionOrGoMod(report: Report, finding: Finding): RepositoryPosition {
  const { state, root } = report;
  return (
    positionOf(report, finding) ?? {
      file: inside(root, path.join(state.workspace || root, 'go.mod')) ?? 'go.mod',
      line: 1,
    }
  );
}

/** Describes an origin in words; empty for none. */
export function originText(origin: Origin | undefined): string {
  if (origin === undefined) return '';
  if (origin.path === undefined) return origin.kind === 'process' ? 'process environment' : origin.kind;
  return visible(origin.line === undefined ? origin.path : `${origin.path}:${origin.line}`);
}

/**
 * Returns the identity of each finding (hex SHA-256), in order. The same problem has the same identity in the
 * next check, on another machine and with other values; no two findings of a report share one.
 */
export function identities(report: Report): readonly string[] {
  const seen = new Map<string, number>();
  return report.state.findings.map((finding) => {
    const { kind, rule, facet, key } = finding;
    const place = positionOf(report, finding)?.file ?? '';
    const base = [report.state.target, kind, kind === 'drift' ? '' : rule, facet, key, place].join('\0');
    const before = seen.get(base) ?? 0;
    seen.set(base, before + 1);
    return report.digest(`${base}\0${before}`);
  });
}

/**
 * Returns a finding as one text, for systems that show only one: summary, origin, probable writers, repair,
 * waiver.
 */
export function sentence(finding: Finding, separator: string): string {
  const where = originText(finding.origin);
  const parts = [`${finding.summary}${where === '' ? '' : ` (${where})`}`];
  for (const writer of finding.writers ?? []) parts.push(`writer: ${writerText(writer)}`);
  if (finding.repair !== undefined) parts.push(`repair: ${finding.repair}`);
  const { waived } = finding;
  if (waived !== undefined) parts.push(`waived until ${waived.expires} by ${waived.who}: ${waived.reason}`);
  return parts.map(visible).join(separator);
}
