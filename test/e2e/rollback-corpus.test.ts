/**
 * The corpus of drifts, rolled back: each scenario's healthy world is accepted, drifts, and is asked to go back. What came of it is docs/rollback-corpus.md,
 * which this file holds to the truth and `vitest -u` writes anew.
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
 * `GODRIFT_CORPUS=whole` plays all of it, `back` what goes back whole by the page as it is, `rest` the others, names (divided by commas) those; `-u` where the page changes. Otherwise each tenth is held against its row.
 */
const share = process.env['GODRIFT_CORPUS'];
const rows = new Map<string, string>();

/** A cell of a table: one line, and nothing in it that ends a cell. */
const cell = (text: string) => text.replace(/\s+/g, ' ').replaceAll('|', '\\|');

const backs: Readonly<Record<Way['back'], string>> = {
  whole: 'yes',
  shell: 'in its shell',
  part: 'in part',
  none: 'no',
};

/** What an alert that asked for the same in mode auto got: the same, or why not. */
function unaskedOf({ facets, differs }: Way, unasked: Way): string {
  const isSame = JSON.stringify([facets, differs]) === JSON.stringify([unasked.facets, unasked.differs]);
  return isSame ? 'the same' : unasked.why.join('; ');
}

function rowOf(name: string, { title }: Scenario, way: Way, unasked: string): string {
  const { back, facets, why } = way;
  return `| \`${name}\` | ${cell(title)} | ${backs[back]}${facets.length === 0 ? '' : ` (${facets.join(', ')})`} | ${cell(why.join('; '))} | ${cell(unasked)} |`;
}

/** Rows of the page as it is, by the name of their scenario. */
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

Made by \`test/e2e/rollback-corpus.test.ts\`: the healthy world of each scenario of \`test/scenarios\` is accepted, the drift comes, and \`godrift rollback --yes\` is asked for
each facet in which something is wrong. Then the whole home (bytes, modes, owners, links) is held against the healthy one: \`yes\` means that nothing differs and that the real
go builds and answers as before (of a build cache: that what is wrong is removed, and go answers as before); in every case nothing was touched but what the plan named. What only a process sets (an exported variable, PATH) no rollback
can change from outside: \`in its shell\` means that a bash which had saved it by [envsnap](shell.md) rolled it back, and all was as before then. Where a file goes back, the same drift was then answered by an exporter in mode \`auto\` that an alert asked by an authenticated webhook: the
last column says whether the home was the same afterwards, or which guard refused. Of ${counts['all']} scenarios ${counts['yes']} go back whole, ${counts['in its shell']} in their shell, ${counts['in part']} in part, and ${counts['no']} not.

| scenario | what happened | goes back | why not, or what stays | when an alert asks |
| --- | --- | --- | --- | --- |
`;

describe.concurrent('a drift', () => {
  for (const { name, scenario } of played) {
    const hindered = scenario.uid !== undefined && process.getuid?.() !== 0;
    it.skipIf(hindered)(`${name}: ${scenario.title}`, async () => {
      const [on] = scenario.on;
      if (on === undefined) throw new Error(`${name} is played on nothing`);
      const way = await rollBack(scenario, on);
      // An exporter of another user's world would be that user's.
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
