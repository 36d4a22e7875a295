/**
 * Witnesses against a journal rewritten with its chain recomputed: heads of the journal that were seen from
 * outside while it grew.
 */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { sha256Hex } from '../../../src/host/digest.ts';
import {
  appendJournal,
  closeJournal,
  genesis,
  journalHead,
  openJournal,
  verifyJournal,
} from '../../../src/store/journal.ts';
import type { Witness } from '../../../src/store/witness.ts';
import { findWitnesses, parseWitness } from '../../../src/store/witness-text.ts';
import { exporterFamilies } from '../../../src/tell/metrics/exporter.ts';
import { createExposition } from '../../../src/tell/metrics/exposition.ts';
import { exporterState, selfFacts } from '../tell/states.ts';
import { noon, scratch, scratchState } from './scratch.ts';

type Record = { seq: number; prev: string } & { [key: string]: unknown };

/** Writes a journal file of these records, with numbers and chain recomputed as a forger would. */
async function writeChained(directory: string, records: readonly Record[], first: number): Promise<void> {
  let prev = first === 1 ? genesis.hash : (records[0]?.prev ?? '');
  const lines = records.map((record, index) => {
    const line = JSON.stringify({ ...record, seq: first + index, prev });
    prev = sha256Hex(line);
    return line;
  });
  await mkdir(directory, { recursive: true });
  const name = `journal-${String(first).padStart(12, '0')}.jsonl`;
  await writeFile(path.join(directory, name), lines.map((line) => `${line}\n`).join(''));
}

/** Returns a metrics page with this head, as Prometheus scrapes it. */
async function scrape(head: { seq: number; hash: string }): Promise<string> {
  const state = { ...exporterState, journal: { errors: 0, head } };
  const exposition = createExposition(() => []);
  const { kept, fresh } = await exposition.page([], exporterFamilies(state, selfFacts, 'v20.19.0'));
  return Buffer.concat([...kept, fresh]).toString();
}

/** Writes a journal of `lines` lines. Returns it with the heads seen by the scrapes. */
async function grown(lines: number, scrapedAt: (seq: number) => boolean) {
  const state = await scratchState();
  const journal = await openJournal(state, { now: () => noon, segmentBytes: 2_000 });
  onTestFinished(() => closeJournal(journal));
  const pages: string[] = [];
  for (let seq = 1; seq <= lines; seq++) {
    await appendJournal(journal, { type: 'drift', summary: `line ${seq}`, level: 'minor' } as never);
    if (scrapedAt(seq)) pages.push(await scrape(journalHead(journal)));
  }
  const names = (await readdir(journal.directory)).sort();
  const texts = await Promise.all(names.map((name) => readFile(path.join(journal.directory, name), 'utf8')));
  const records = texts
    .join('')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record);
  return { journal, records, witnesses: findWitnesses(pages.join(''), 'Prometheus') };
}

test('scraped heads contradict each of 1,000 random rewrites with a recomputed chain', async () => {
  const lines = 24;
  const { journal, records, witnesses } = await grown(lines, (seq) => seq % 7 === 5 || seq === lines);
  expect(witnesses.map(({ seq }) => seq)).toEqual([5, 12, 19, 24]);
  const whole = await verifyJournal(journal.directory, witnesses);
  expect(whole).toMatchObject({ ok: true, lines, confirmed: witnesses.length, tooOld: 0 });

  const directory = path.join(await scratch(), 'journal');
  const rewrite = fc.record({
    at: fc.integer({ min: 0, max: lines - 1 }),
    how: fc.constantFrom('change', 'remove', 'repeat', 'insert', 'swap', 'end'),
    to: fc.string(),
  });
  let count = 0;
  for (const { at, how, to } of fc.sample(rewrite, { numRuns: 1_000, seed: 11 })) {
    const line = records[at] as Record;
    const other = records[(at + 1) % lines] as Record;
    const changed = { ...line, summary: `${line['summary']}${to}!` };
    const [from, gone] = how === 'swap' && at < lines - 1 ? [at, 2] : [at, how === 'insert' ? 0 : 1];
    const instead = {
      change: [changed],
      remove: [],
      repeat: [changed, line],
      insert: [changed],
      swap: gone === 2 ? [other, line] : [changed],
      end: [],
    }[how];
    const rest = how === 'end' ? [] : records.slice(from + gone);
    const forged = [...records.slice(0, from), ...instead, ...rest];
    await writeChained(directory, forged.length === 0 ? [changed] : forged, 1);
    // Without a witness the rewrite is not detectable. Checked for every 20th only, since it costs as much as
    // the rest.
    if (count % 20 === 0) expect(await verifyJournal(directory)).toMatchObject({ ok: true });
    const verdict = await verifyJournal(directory, witnesses);
    expect(verdict.ok, JSON.stringify({ at, how, to })).toBe(false);
    expect(verdict.firstBroken?.why).toMatch(
      /is another one than Prometheus knows|missing, which Prometheus knows/,
    );
    count++;
  }
  expect(count).toBe(1_000);
});

test('the last line removed by retention is still confirmed by the next line; older witnesses count as too old', async () => {
  const { records, witnesses } = await grown(20, () => true);
  const directory = path.join(await scratch(), 'journal');
  const kept = records.slice(10);
  await writeChained(directory, kept, 11);
  const verdict = await verifyJournal(directory, witnesses);
  expect(verdict).toMatchObject({ ok: true, first: 11, confirmed: 11, tooOld: 9 });
  const forged = [{ ...(kept[0] as Record), prev: 'f'.repeat(64) }, ...kept.slice(1)];
  await writeChained(directory, forged, 11);
  expect((await verifyJournal(directory, witnesses.slice(0, 10))).firstBroken?.why).toContain(
    'line 10 is another one than Prometheus knows',
  );
});

const hash = 'ab12'.repeat(16);
const by = 'x';
const one: Witness = { seq: 7, hash, by };

test('a witness has the form HASH@SEQ, with at least 16 digits of the digest', () => {
  expect(parseWitness(`${hash}@7`, by)).toEqual(one);
  expect(parseWitness(`${hash.slice(0, 16).toUpperCase()}@7`, by)).toEqual({
    ...one,
    hash: hash.slice(0, 16),
  });
  for (const wrong of [
    '',
    hash,
    `${hash}@`,
    `${hash}@0`,
    `${hash}@-1`,
    `${hash}@1e3`,
    `ab12@7`,
    `${hash}0@7`,
    `7@${hash}`,
  ])
    expect(parseWitness(wrong, by), wrong).toBeUndefined();
});

test.each([
  ['lines', `# heads\n\n${hash}@7\n`],
  ['a scraped page', `# HELP x\ngodrift_journal_head_info{seq="7",hash="${hash}"} 1\ngodrift_watches 2\n`],
  [
    'a response of the Prometheus API',
    JSON.stringify({ data: [{ __name__: 'godrift_journal_head_info', hash, instance: 'a:9464', seq: '7' }] }),
  ],
  ['an event log', `${JSON.stringify({ alert_id: 'a', context: { journal: { sequence: 7, hash } } })}\n`],
])('witnesses are found in %s', (_, text) => {
  expect(findWitnesses(`${text}${text.endsWith('\n') ? text : ''}`, by)).toEqual([one]);
});

test('no witness is found in other texts', () => {
  for (const text of [
    '',
    'null',
    '7',
    '[]',
    '{"seq":7}',
    `{"seq":"x","hash":"${hash}"}`,
    'seq="7" hash="zz"',
  ])
    expect(findWitnesses(text, by), text).toEqual([]);
});
