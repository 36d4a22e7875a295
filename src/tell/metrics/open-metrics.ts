/**
 * Converts the metrics page to OpenMetrics 1.0 (prometheus.io/docs/specs/om/open_metrics_spec). Series are
 * written alike in both formats; only the lines about families differ. Each block is converted once, on
 * demand.
 */
import type { Page } from './exposition.ts';

export const openMetricsType = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

/** A line about a family. No series starts like this, because a line break in a label is written as `\n`. */
const about = /^# (HELP|TYPE) (\S+) (.*)$/gm;

/**
 * Converts the lines about families: a counter drops `_total`, and a metric that is always 1 and only carries
 * labels becomes an `info` without `_info`.
 */
function translated(text: string): string {
  return text.replaceAll(about, (_, keyword: string, name: string, rest: string) => {
    const family = name.replace(/_(?:total|info)$/, '');
    // OpenMetrics escapes quotes in HELP too.
    if (keyword === 'HELP') return `# HELP ${family} ${rest.replaceAll('"', '\\"')}`;
    return `# TYPE ${family} ${name.endsWith('_info') ? 'info' : rest}`;
  });
}

const blocks = new WeakMap<Buffer, Buffer>();
const lists = new WeakMap<readonly Buffer[], readonly Buffer[]>();

function blockOf(block: Buffer): Buffer {
  const known = blocks.get(block);
  if (known !== undefined) return known;
  const made = Buffer.from(translated(block.toString('utf8')));
  blocks.set(block, made);
  return made;
}

function listOf(kept: readonly Buffer[]): readonly Buffer[] {
  const known = lists.get(kept);
  if (known !== undefined) return known;
  const made = kept.map(blockOf);
  lists.set(kept, made);
  return made;
}

/**
 * Returns the page as OpenMetrics, with the final `# EOF` that distinguishes a complete page from a truncated
 * one.
 */
export function openMetricsPage({ kept, fresh }: Page): Page {
  return { kept: listOf(kept), fresh: Buffer.from(`${translated(fresh.toString('utf8'))}# EOF\n`) };
}

/** Returns the quality of a media range, 0 to 1. */
function weightOf(parameters: readonly string[]): number {
  const q = parameters
    .map((one) => /^\s*q\s*=\s*([\d.]+)\s*$/i.exec(one)?.[1])
    .find((one) => one !== undefined);
  return q === undefined ? 1 : Number(q);
}

/** Reports whether `Accept` (RFC 9110 §12.5.1) prefers OpenMetrics at least as much as the text format. */
export function wantsOpenMetrics(accept: string | undefined): boolean {
  let open = 0;
  let plain = 0;
  for (const range of (accept ?? '').split(',')) {
    const [type = '', ...parameters] = range.split(';');
    const version = parameters
      .map((one) => /^\s*version\s*=\s*"?([\d.]+)"?\s*$/i.exec(one)?.[1])
      .find((one) => one !== undefined);
    const weight = weightOf(parameters);
    const name = type.trim().toLowerCase();
    if (name === 'application/openmetrics-text' && /^(?:1\.0\.0|0\.0\.1)?$/.test(version ?? ''))
      open = Math.max(open, weight);
    else if (name === 'text/plain') plain = Math.max(plain, weight);
  }
  return open > 0 && open >= plain;
}
