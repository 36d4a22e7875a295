/**
 * The metrics page as OpenMetrics 1.0 (prometheus.io/docs/specs/om/open_metrics_spec), made of the page in the text format: series are written alike
 * in both, only what is said of their families differs. A block is translated once, and only where somebody asks for it.
 */
import type { Page } from './exposition.ts';

export const openMetricsType = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

/** A line about a family. No series begins so: a line break in a label is written as `\n`. */
const about = /^# (HELP|TYPE) (\S+) (.*)$/gm;

/** A counter is called without `_total`, and what is always 1 and only has labels is an `info`, called without `_info`. */
function translated(text: string): string {
  return text.replaceAll(about, (_, keyword: string, name: string, rest: string) => {
    const family = name.replace(/_(?:total|info)$/, '');
    // Quotes are escaped in help texts too.
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

/** The same page, and the end that tells a whole one from one that was cut off. */
export function openMetricsPage({ kept, fresh }: Page): Page {
  return { kept: listOf(kept), fresh: Buffer.from(`${translated(fresh.toString('utf8'))}# EOF\n`) };
}

/** How much a client wants a media range, from 0 to 1. */
function weightOf(parameters: readonly string[]): number {
  const q = parameters
    .map((one) => /^\s*q\s*=\s*([\d.]+)\s*$/i.exec(one)?.[1])
    .find((one) => one !== undefined);
  return q === undefined ? 1 : Number(q);
}

/** Whether a client wants OpenMetrics, by its `Accept` (RFC 9110 §12.5.1), at least as much as the text format. */
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
