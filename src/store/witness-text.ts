/**
 * Parses witnesses as people and servers give them: `HASH@SEQ`, lines of a scraped page, a reply of
 * Prometheus' API, or lines of the event log. Pure.
 */
import type { Witness } from './witness.ts';

/** A hex digest, or its beginning as tables show it. */
const digest = /^[0-9a-f]{16,64}$/;

/**
 * Parses `HASH@SEQ`: at least the first 16 hex digits of a line's SHA-256, and its number. Undefined for
 * anything else.
 */
export function parseWitness(text: string, by: string): Witness | undefined {
  const [, hash = '', seq = ''] = /^([0-9A-Fa-f]+)@([0-9]+)$/.exec(text.trim()) ?? [];
  return witnessOf(hash.toLowerCase(), Number(seq), by);
}

function witnessOf(hash: unknown, seq: unknown, by: string): Witness | undefined {
  const number = typeof seq === 'string' && /^[0-9]+$/.test(seq) ? Number(seq) : seq;
  return typeof hash === 'string' && digest.test(hash) && Number.isSafeInteger(number) && Number(number) > 0
    ? { seq: Number(number), hash, by }
    : undefined;
}

/** Returns all witnesses in a text, each once; other content is skipped. */
export function findWitnesses(text: string, by: string): readonly Witness[] {
  const whole = parsed(text);
  const found =
    typeof whole === 'object'
      ? inData(whole, by)
      : text.split('\n').flatMap((line) => {
          const data = parsed(line);
          return typeof data === 'object' ? inData(data, by) : inLine(line, by);
        });
  return [...new Map(found.map((one) => [`${one.hash}@${one.seq}`, one])).values()];
}

function inLine(line: string, by: string): readonly Witness[] {
  const one =
    parseWitness(line, by) ??
    witnessOf(/\bhash="([^"]*)"/.exec(line)?.[1], /\bseq="([^"]*)"/.exec(line)?.[1], by);
  return one === undefined ? [] : [one];
}

/**
 * Returns the witnesses among objects with a sequence number and a hash, at any depth. Labels of Prometheus
 * are strings.
 */
function inData(data: unknown, by: string): readonly Witness[] {
  if (typeof data !== 'object' || data === null) return [];
  const { seq, sequence = seq, hash } = data as Record<string, unknown>;
  const here = witnessOf(hash, sequence, by);
  return [...(here === undefined ? [] : [here]), ...Object.values(data).flatMap((one) => inData(one, by))];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) ?? undefined;
  } catch {
    return undefined;
  }
}
