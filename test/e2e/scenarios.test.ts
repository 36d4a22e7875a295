/**
 * Plays the corpus of drifts on real toolchains: the behaviour of the real go in each scenario, the findings
 * and repairs of `godrift check`, and the same world after the repair. The expected results are in
 * test/scenarios/, one file per scenario. Prints a table of all scenarios at the end.
 */
import { afterAll, describe, expect, it } from 'vitest';
import { conflictRules } from '../../src/catalog/rules.ts';
import { loadCorpus, tableOf } from '../scenarios/corpus.ts';
import { knownDriftCount, knownDrifts } from '../scenarios/known-drifts.ts';
import { play, playHarmless, type Row, waitsFor } from '../scenarios/play.ts';
import type { Harmless, Scenario } from '../scenarios/scenario.ts';

const { scenarios, harmless } = await loadCorpus();
const rows: Row[] = [];

/** Returns the reason why a scenario cannot be played here, for its title; undefined if it can. */
function hindrance(scenario: Scenario | Harmless): string | undefined {
  const waits = waitsFor(scenario);
  if (waits !== undefined) return `waits for ${waits}`;
  const other = scenario.uid !== undefined;
  return other && process.getuid?.() !== 0 ? 'only root can become another user' : undefined;
}

describe('the corpus', () => {
  it('has a scenario for every rule', () => {
    const told = new Set(scenarios.flatMap(({ scenario }) => scenario.finds.map(({ rule }) => rule)));
    // This rule needs a separate mount: see noexec.test.ts.
    told.add('gotmpdir-noexec');
    expect(conflictRules.map(({ rule }) => rule).filter((rule) => !told.has(rule))).toEqual([]);
  });

  it('contains the scenarios of all known drifts', () => {
    const numbers = Array.from({ length: knownDriftCount }, (_, index) => index + 1);
    expect(knownDrifts.map(({ number }) => number)).toEqual(numbers);
    const played = new Set([...scenarios, ...harmless].map(({ name }) => name));
    expect(knownDrifts.flatMap((one) => one.scenarios.filter((name) => !played.has(name)))).toEqual([]);
  });
});

describe.concurrent('a drift', () => {
  afterAll(() => {
    process.stdout.write(`\n${tableOf(rows)}\n`);
  });

  for (const { name, scenario } of scenarios) {
    for (const on of scenario.on) {
      const row: Row = { scenario: name, on };
      const hindered = hindrance(scenario);
      if (hindered === undefined) rows.push(row);
      const title = `${name} (${on}): ${hindered ?? scenario.title}`;
      it.skipIf(hindered !== undefined)(title, () => play(scenario, on, row));
    }
  }
});

describe.concurrent('a harmless change', () => {
  for (const { name, scenario } of harmless) {
    for (const on of scenario.on) {
      const hindered = hindrance(scenario);
      const title = `${name} (${on}): ${hindered ?? scenario.title}`;
      it.skipIf(hindered !== undefined)(title, () => playHarmless(scenario, on));
    }
  }
});
