/** A journal that was rewritten with its chain recomputed, beside what was seen of it from outside while it grew. */
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

/** The file of a journal as it is with these lines: numbers and chain as whoever knows the format would make them. */
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

/** A page as Prometheus scrapes it. */
async function scrape(head: { seq: number; hash: string }): Promise<string> {
  const state = { ...exporterState, journal: { errors: 0, head } };
  const exposition = createExposition(() => []);
  const { kept, fresh } = await exposition.page([], exporterFamilies(state, selfFacts, 'v20.19.0'));
  return Buffer.concat([...kept, fresh]).toString();
}

/** A journal of that many lines, and the heads that scrapes saw while it grew. */
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

test('of 1,000 random rewrites with the chain recomputed every one is contradicted by heads of scrapes', async () => {
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
    // Without a witness nobody can tell: asked now and then, for it costs as much as the rest.
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

test('of lines that retention removed the last is still vouched for by the one behind it, of the others nothing is said', async () => {
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

test('a witness is HASH@SEQ, of the digest at least 16 digits', () => {
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
    'an answer of the API of Prometheus',
    JSON.stringify({ data: [{ __name__: 'godrift_journal_head_info', hash, instance: 'a:9464', seq: '7' }] }),
  ],
  ['an event log', `${JSON.stringify({ alert_id: 'a', context: { journal: { sequence: 7, hash } } })}\n`],
])('witnesses are found in %s', (_, text) => {
  expect(findWitnesses(`${text}${text.endsWith('\n') ? text : ''}`, by)).toEqual([one]);
});

test('in what holds no witness none is found', () => {
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
