/**
 * Runs `godrift blame` on the corpus of drifts: each scenario that breaks a command or makes its answer wrong,
 * among ten harmless differences, and pairs of which only both together do harm. The results are
 * docs/blame-corpus.md. The whole corpus takes 12 minutes of two busy cores: `GODRIFT_CORPUS=whole` plays it
 * (a comma-separated list of names plays some of it) and writes the rows; otherwise a few scenarios are compared
 * with their rows.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BlameDocument } from '../../src/explain/blame/answer.ts';
import { missingMounts, mounts } from '../lab/namespaces.ts';
import { makePairsWorld, type Pair, pairs, play } from '../scenarios/blame-pairs.ts';
import { type Blamed, blameScenario, bury, isBlamable } from '../scenarios/blame-scenario.ts';
import { loadCorpus } from '../scenarios/corpus.ts';
import { makeSite, type Site } from '../scenarios/site.ts';

const page = join(import.meta.dirname, '../../docs/blame-corpus.md');
const { scenarios } = await loadCorpus();
const blamable = scenarios.filter(({ scenario }) => isBlamable(scenario));
const wanted = process.env['GODRIFT_CORPUS'] ?? '';
/** Without GODRIFT_CORPUS, one scenario in this many is played. */
const every = 70;
const isPlayed = (name: string, index: number, remainder: number) =>
  wanted === '' ? index % every === remainder : wanted === 'whole' || wanted.split(',').includes(name);
const played = blamable.filter(({ name }, index) => isPlayed(name, index, 7));
const pairName = ({ title }: Pair) => `pair: ${title}`;
const playedPairs = pairs.filter((pair, index) => isPlayed(pairName(pair), index, 4));

/** Formats a table cell: one line, with the pipes escaped. */
const cell = (text: string) => text.replace(/\s+/g, ' ').replaceAll('|', '\\|').slice(0, 160);

const verdicts: Readonly<Record<Blamed['verdict'], string>> = { exact: 'yes', wrong: 'wrongly', none: 'no' };

function rowOf(
  name: string,
  title: string,
  { verdict, named, isLeft, failedBefore, plain, goNames, bisect, worlds, ms }: Blamed,
): string {
  const without = plain === undefined ? '' : `${verdicts[plain.verdict]}, ${plain.worlds}`;
  const none = failedBefore === true ? 'nobody to blame' : isLeft === true ? 'no, but told' : verdicts.none;
  const word =
    verdict === 'none' || (failedBefore === true && verdict === 'exact') ? none : verdicts[verdict];
  const byGit = bisect === undefined ? '' : bisect ? 'yes' : 'no';
  return `| \`${name}\` | ${cell(title)} | ${word} | ${cell(named)} | ${goNames ? 'yes' : 'no'} | ${byGit} | ${worlds} | ${without} | ${(ms / 1000).toFixed(1)} |`;
}

/**
 * The columns of a row that are the same in every run. The number of worlds depends on what go prints first,
 * and the time varies.
 */
const lasting = (row: string) => row.split(/(?<!\\)\|/).slice(0, 4);

/** The current rows of the page, by the name of their scenario. */
function known(): ReadonlyMap<string, string> {
  const lines = existsSync(page) ? readFileSync(page, 'utf8').split('\n') : [];
  return new Map(
    lines.flatMap((line) => {
      const name = /^\| `([^`]+)` \|/.exec(line)?.[1];
      return name === undefined ? [] : [[name, line] as const];
    }),
  );
}

const median = (numbers: readonly number[]) =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;

function head(lines: readonly string[]): string {
  const cells = lines.map((line) => line.split(/(?<!\\)\|/).map((one) => one.trim()));
  const count = (at: number, word: string) => cells.filter((row) => row[at] === word).length;
  const seen = cells.filter((row) => row[3] !== '');
  const plain = cells.flatMap((row) => {
    const [, verdict, worlds] = /^(yes|no|wrongly), (\d+)$/.exec(row[8] ?? '') ?? [];
    return verdict === undefined || row[3] === 'nobody to blame' ? [] : [{ verdict, worlds: Number(worlds) }];
  });
  const alike = plain.filter(({ verdict }) => verdict === 'yes');
  const askable = seen.length - count(3, 'nobody to blame');
  const worlds = median(seen.flatMap((row) => (row[3] === 'yes' ? [Number(row[7])] : [])));
  return `# Which entry broke it, scenario by scenario

This page shows how often \`godrift blame\` names the difference that broke a command. \`test/e2e/blame-corpus.test.ts\` writes it.

Each scenario of \`test/scenarios\` that breaks a command, or makes its answer wrong, is played as follows: the healthy environment is accepted as the baseline; the drift is made, together with ten
differences that affect no build; then \`godrift blame\` runs. Only the entries that the drift was seen to change count as the right answer. A *pair* is two differences of which each alone does no
harm. The workspace is a repository with all its files committed, except where the scenario is about that.

- **go names it**: the output of go contains the name of a variable or file that was changed.
- **git bisect**: if the drift is only in files of the repository, whether \`git bisect run\` finds its commit.
- **worlds**: how many sandboxes blame ran the command in.
- **alone**: the result, and the number of worlds, for the same drift without the ten other differences.

Of ${seen.length} scenarios, ${count(3, 'nobody to blame')} also failed in the accepted environment (measured there, before the drift), so no change broke them. Of the other ${askable}, the culprit was
named exactly in ${count(3, 'yes')} (${((count(3, 'yes') / askable) * 100).toFixed(1)} %) and wrongly in ${count(3, 'wrongly')}. In ${count(3, 'no, but told')} no difference could be blamed, and the finding was reported as one that cannot be tried; in ${count(3, 'no')} blame reported
that reverting everything revertible did not help. go named the culprit in ${count(5, 'yes')}. git found ${count(6, 'yes')} of the ${count(6, 'yes') + count(6, 'no')} that it could find. The median was ${worlds} worlds. Alone, the
culprit was named exactly in ${alike.length} of ${plain.length} and wrongly in ${plain.filter(({ verdict }) => verdict === 'wrongly').length}, with a median of ${median(alike.map((one) => one.worlds))} worlds.

| scenario | what happened | named exactly | who, or why not | go names it | git bisect | worlds | alone | seconds |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
`;
}

const names = [...blamable.map(({ name }) => name), ...pairs.map(pairName)];

/** Writes a row to the page at once, because a run that takes hours may be interrupted. */
function keep(name: string, title: string, blamed: Blamed): void {
  const row = rowOf(name, title, blamed);
  process.stdout.write(`${row}\n`);
  const before = known();
  if (wanted === '') {
    const old = before.get(name);
    if (old !== undefined) expect(lasting(row)).toEqual(lasting(old));
    return;
  }
  const rows = new Map([...before, [name, row]]);
  const lines = names.flatMap((one) => rows.get(one) ?? []);
  writeFileSync(page, `${head(lines)}${lines.join('\n')}\n`);
}

describe.skipIf('missing' in mounts).concurrent(`the cause of a broken build${missingMounts}`, () => {
  for (const { name, scenario } of played)
    it(`${name}: ${scenario.title}`, async () => {
      const [on] = scenario.on;
      if (on === undefined) throw new Error(`${name} is played on nothing`);
      const blamed = await blameScenario(scenario, on);
      keep(name, scenario.title, blamed);
      expect(blamed.verdict, JSON.stringify(blamed)).not.toBe('wrong');
    });
});

describe.skipIf('missing' in mounts)(
  `the cause of a build broken only by two differences together${missingMounts}`,
  () => {
    let site: Site;
    beforeAll(async () => {
      if (playedPairs.length === 0) return;
      site = await makeSite({ go: '1.26.0', fresh: true });
      makePairsWorld(site);
      site.goenv('');
      const { exitCode, stderr } = await site.godrift('baseline', 'accept', '--reason', 'healthy');
      expect(exitCode, stderr).toBe(0);
    });
    afterAll(() => site?.end());

    for (const pair of playedPairs)
      it(pair.title, async () => {
        const undo = play(site, pair);
        const unbury = bury(site);
        const { stdout, stderr } = await site.godrift('blame', '--json');
        unbury();
        undo();
        const document: BlameDocument = JSON.parse(
          stdout === '' ? JSON.stringify({ causes: [], worlds: 0, seconds: 0, why: stderr }) : stdout,
        );
        const { causes, worlds, seconds, differences, message = '', why = '' } = document;
        const all = causes.map(({ entries }) => entries.map(({ key }) => key).sort());
        keep(pairName(pair), pair.title, {
          verdict:
            all.length === 0
              ? 'none'
              : JSON.stringify(all) === JSON.stringify([pair.named])
                ? 'exact'
                : 'wrong',
          named: all.length === 0 ? why : all.map((keys) => keys.join(' + ')).join('; '),
          goNames: pair.named.every((key) => message.includes(key.replace(/^\w+\./, '').replace('_', '.'))),
          worlds,
          ms: seconds * 1000,
          differences,
        });
        expect(all).toEqual([pair.named]);
      });
  },
);
