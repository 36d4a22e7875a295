/**
 * Rolls the corpus of drifts back: the healthy environment of each scenario is accepted, drifts, and is rolled
 * back. The results are docs/rollback-corpus.md, which this test compares with and `vitest -u` rewrites.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadCorpus } from '../scenarios/corpus.ts';
import { rollBack, type Way } from '../scenarios/roll-back.ts';
import type { Scenario } from '../scenarios/scenario.ts';

const page = join(import.meta.dirname, '../../docs/rollback-corpus.md');
const { scenarios } = await loadCorpus();
/**
 * `GODRIFT_CORPUS=whole` plays all scenarios, `back` those that go back whole according to the page, `rest` the
 * others, a comma-separated list of names those; add `-u` to rewrite the page. Otherwise every tenth scenario is
 * compared with its row.
 */
const share = process.env['GODRIFT_CORPUS'];
const rows = new Map<string, string>();

/** Formats text as a cell of a Markdown table: one line, with `|` escaped. */
const cell = (text: string) => text.replace(/\s+/g, ' ').replaceAll('|', '\\|');

const backs: Readonly<Record<Way['back'], string>> = {
  whole: 'yes',
  shell: 'in its shell',
  part: 'in part',
  none: 'no',
};

/** Returns the result of the same rollback requested by an alert in mode auto: `the same`, or why it was refused. */
function unaskedOf({ facets, differs }: Way, unasked: Way): string {
  const isSame = JSON.stringify([facets, differs]) === JSON.stringify([unasked.facets, unasked.differs]);
  return isSame ? 'the same' : unasked.why.join('; ');
}

function rowOf(name: string, { title }: Scenario, way: Way, unasked: string): string {
  const { back, facets, why } = way;
  return `| \`${name}\` | ${cell(title)} | ${backs[back]}${facets.length === 0 ? '' : ` (${facets.join(', ')})`} | ${cell(why.join('; '))} | ${cell(unasked)} |`;
}

/** Returns the rows of the present page by scenario name. */
function known(): ReadonlyMap<string, string> {
  const lines = existsSync(page) ? readFileSync(page, 'utf8').split('\n') : [];
  return new Map(
    lines.flatMap((line) => {
      const name = /^\| `([^`]+)` \|/.exec(line)?.[1];
      return name === undefined ? [] : [[name, line] as const];
    }),
  );
}

const played = scenarios.filter(({ name }, index) => {
  const isBack = /\| yes \(/.test(known().get(name) ?? '');
  if (share?.split(',').includes(name)) return true;
  return share === 'whole' || share === (isBack ? 'back' : 'rest') || index % 10 === 5;
});

const head = (counts: Readonly<Record<string, number>>) => `# What a rollback puts back, scenario by scenario

This page shows what \`godrift rollback\` restores, and what it leaves. \`test/e2e/rollback-corpus.test.ts\` writes it.

Each scenario of \`test/scenarios\` is played as follows: the healthy environment is accepted as the baseline, the drift is made, and \`godrift rollback --yes\` runs for each facet with a finding. Then the
whole home (bytes, modes, owners, links) is compared with the healthy one. In every case only files that the plan named were touched. The column *goes back* says:

- \`yes\`: nothing differs, and the real go builds and answers as before (for a build cache: the damage is removed, and go answers as before).
- \`in its shell\`: the drift is in what only a process sets (an exported variable, PATH), which no rollback can change from outside; a bash that had saved it by [envsnap](shell.md) rolled it back, and
  everything was as before.
- \`in part\`: some of the drift stays.
- \`no\`: the drift stays.

If a file was restored, the same drift was also given to an exporter in mode \`auto\`, where an alert requested the rollback by an authenticated webhook. The last column says whether the home was the same
afterwards, or which guard refused.

Of ${counts['all']} scenarios ${counts['yes']} go back whole, ${counts['in its shell']} in their shell, ${counts['in part']} in part, and ${counts['no']} not.

| scenario | what happened | goes back | why not, or what stays | when an alert asks |
| --- | --- | --- | --- | --- |
`;

describe.concurrent('a drift', () => {
  for (const { name, scenario } of played) {
    const hindered = scenario.uid !== undefined && process.getuid?.() !== 0;
    it.skipIf(hindered)(`${name}: ${scenario.title}`, async () => {
      const [on] = scenario.on;
      if (on === undefined) throw new Error(`${name} names no Go version to play on`);
      const way = await rollBack(scenario, on);
      // A world of another user would need an exporter of that user.
      const asks = way.facets.length > 0 && scenario.uid === undefined;
      rows.set(
        name,
        rowOf(name, scenario, way, asks ? unaskedOf(way, await rollBack(scenario, on, 'alert')) : ''),
      );
    });
  }
});

describe('the page', () => {
  it('says what was seen', async () => {
    const before = known();
    const lines = scenarios.map(
      ({ name }) => rows.get(name) ?? before.get(name) ?? `| \`${name}\` | not played |  |  |`,
    );
    const count = (word: string) =>
      lines.filter((line) => new RegExp(`\\| ${word}(?: \\(| \\|)`).test(line)).length;
    const counts = {
      all: lines.length,
      ...Object.fromEntries(Object.values(backs).map((word) => [word, count(word)])),
    };
    process.stdout.write(`corpus rolled back: ${JSON.stringify(counts)}, ${rows.size} of them played now\n`);
    await expect(`${head(counts)}${lines.join('\n')}\n`).toMatchFileSnapshot(page);
  });
});
