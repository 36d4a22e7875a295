/**
 * The corpus of drifts, played on real toolchains: what the real go does in each, what `godrift check` names and advises, and the
 * same world after the repair. Ends with a table of all of them. What must be told is in test/scenarios/, a file a scenario.
 */
import { afterAll, describe, expect, it } from 'vitest';
import { conflictRules } from '../../src/catalog/rules.ts';
import { loadCorpus, tableOf } from '../scenarios/corpus.ts';
import { play, playHarmless, type Row, waitsFor } from '../scenarios/play.ts';

const { scenarios, harmless } = await loadCorpus();
const rows: Row[] = [];

describe('the corpus', () => {
  it('has a scenario for every rule', () => {
    const told = new Set(scenarios.flatMap(({ scenario }) => scenario.finds.map(({ rule }) => rule)));
    expect(conflictRules.map(({ rule }) => rule).filter((rule) => !told.has(rule))).toEqual([]);
  });
});

describe.concurrent('a drift', () => {
  afterAll(() => {
    process.stdout.write(`\n${tableOf(rows)}\n`);
  });

  for (const { name, scenario } of scenarios) {
    for (const on of scenario.on) {
      const row: Row = { scenario: name, on };
      const waits = waitsFor(scenario);
      if (waits === undefined) rows.push(row);
      const title = `${name} (${on}): ${scenario.title}`;
      it.skipIf(waits !== undefined)(
        waits === undefined ? title : `waits for ${waits}: ${title}`,
        async () => {
          await play(scenario, on, row);
        },
      );
    }
  }
});

describe.concurrent('a harmless change', () => {
  for (const { name, scenario } of harmless) {
    for (const on of scenario.on) {
      const waits = waitsFor(scenario);
      const title = `${name} (${on}): ${scenario.title}`;
      it.skipIf(waits !== undefined)(
        waits === undefined ? title : `waits for ${waits}: ${title}`,
        async () => {
          await playHarmless(scenario, on);
        },
      );
    }
  }
});
