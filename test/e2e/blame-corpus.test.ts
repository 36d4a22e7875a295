/**
 * The corpus of drifts, blamed: each scenario that breaks a command or makes its answer wrong, buried among ten harmless differences. All of it takes hours of one
 * core: `GODRIFT_CORPUS=whole`; otherwise a few of it. Ends with a table of what was named, the worlds tried and the time.
 */
import { afterAll, describe, expect, it } from 'vitest';
import { missingMounts, mounts } from '../lab/namespaces.ts';
import { type Blamed, blameScenario, isBlamable } from '../scenarios/blame-scenario.ts';
import { loadCorpus } from '../scenarios/corpus.ts';

const { scenarios } = await loadCorpus();
const blamable = scenarios.filter(({ scenario }) => isBlamable(scenario));
const wanted = process.env['GODRIFT_CORPUS'] ?? '';
/** Every so many-th of them is played unasked. */
const every = 60;
const played =
  wanted === 'whole'
    ? blamable
    : wanted === ''
      ? blamable.filter((_, index) => index % every === 7)
      : blamable.filter(({ name }) => wanted.split(',').includes(name));
const rows = new Map<string, Blamed>();

const median = (numbers: readonly number[]) =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;

function table(): string {
  const all = [...rows];
  const count = (verdict: Blamed['verdict']) => all.filter(([, row]) => row.verdict === verdict).length;
  return [
    ...all.map(
      ([name, { verdict, named, worlds, ms, differences, goNames }]) =>
        `${verdict.padEnd(5)}  ${String(worlds).padStart(3)} worlds  ${(ms / 1000).toFixed(1).padStart(6)} s  of ${differences}  go ${goNames ? 'names it' : 'does not'}  ${name}: ${named}`,
    ),
    `blamed: ${count('exact')} exactly, ${count('wrong')} wrongly, ${count('none')} not, of ${all.length} played and ${blamable.length} in the corpus; median ${median(all.map(([, { worlds }]) => worlds))} worlds`,
    '',
  ].join('\n');
}

describe.skipIf('missing' in mounts)(`a broken build${missingMounts}`, () => {
  for (const { name, scenario } of played)
    it(`${name}: ${scenario.title}`, async () => {
      const [on] = scenario.on;
      if (on === undefined) throw new Error(`${name} is played on nothing`);
      const blamed = await blameScenario(scenario, on);
      rows.set(name, blamed);
      expect(blamed.verdict, JSON.stringify(blamed)).not.toBe('wrong');
    });
  afterAll(() => {
    process.stdout.write(table());
  });
});
