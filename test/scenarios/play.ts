/** Plays a scenario: the healthy world, what happens to it, go and godrift beside each other, the repair, and both again. */
import { lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { type ConflictRule, conflictRules, ruleRow } from '../../src/catalog/rules.ts';
import type { Expected, GoVersion, Harmless, Scenario } from './scenario.ts';
import { type Checked, type Finding, give, makeSite, type Said, type Site } from './site.ts';

/** A row of the table; undefined is not reached. */
export interface Row {
  readonly scenario: string;
  readonly on: string;
  goNoticed?: boolean;
  noticed?: boolean;
  named?: boolean;
  healed?: boolean;
}

const rules: ReadonlySet<string> = new Set(conflictRules.map(({ rule }) => rule));
const firstOf = { modules: 'goflags-vendor', cache: 'cache-corrupt', tools: 'tool-behind' } as const;

/** What a scenario waits for: a rule that is not in the catalogue yet, or the facet that must be read first. */
export function waitsFor({ needs, ...rest }: Scenario | Harmless): string | undefined {
  if (needs !== undefined && !rules.has(firstOf[needs])) return `the facet ${needs}`;
  const wanted = 'finds' in rest ? rest.finds : [];
  return wanted.find(({ kind, rule }) => (kind ?? 'conflict') === 'conflict' && !rules.has(rule))?.rule;
}

const loud = ({ level }: Finding) => level !== 'patch';
const of = (wanted: Expected) => (finding: Finding) =>
  finding.rule === wanted.rule &&
  finding.kind === (wanted.kind ?? 'conflict') &&
  (wanted.key === undefined || finding.key === wanted.key);

/** Everything below a home but godrift's own state, with sizes and times: looking must change none of it. */
function listing(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return entry.name === 'state' ? [] : [path, ...listing(path)];
    if (entry.isSymbolicLink()) return [`${path} -> ${readlinkSync(path)}`];
    const { size, mtimeMs, ino } = lstatSync(path);
    return [`${path} ${size} ${mtimeMs} ${ino}`];
  });
}

/** Looks, and sees that looking left no trace. */
async function look(site: Site, args: readonly string[] = []): Promise<Checked> {
  const before = listing(site.home);
  const checked = await site.check(...args);
  expect(listing(site.home)).toEqual(before);
  expect(checked.exitCode, JSON.stringify(checked.findings)).toBe(checked.findings.some(loud) ? 1 : 0);
  return checked;
}

function expectSaid(said: Said, { exit = 0, says }: { readonly exit?: number; readonly says?: RegExp }) {
  expect(said.exitCode, said.text).toBe(exit);
  if (says !== undefined) expect(said.text).toMatch(says);
}

async function accept(site: Site, kind: 'accepted' | 'committed'): Promise<void> {
  const [command, ...args] =
    kind === 'accepted' ? ['baseline', 'accept', '--reason', 'healthy'] : ['snapshot', '--portable'];
  const { exitCode, stdout, stderr } = await site.godrift(command as string, ...args);
  expect(exitCode, stderr).toBe(0);
  if (kind === 'committed') site.write('.godrift.snapshot', stdout);
}

/** Worlds that nothing but toolchain and files make are alike: seeing one of each kind is enough. */
const plainWorlds = new Map<string, Promise<void>>();

async function expectHealthy(scenario: Scenario, site: Site): Promise<void> {
  const { baseline, beside = [], check, clone, files, go, healed = {}, uid, world } = scenario;
  const see = async () => {
    if (baseline === undefined) {
      const { findings } = await look(site, check);
      expect(
        findings.filter(loud).map(({ rule }) => rule),
        JSON.stringify(findings),
      ).toEqual(beside);
    }
    expectSaid(await site.shell(go.run), healed);
  };
  if (world !== undefined || clone !== undefined || uid !== undefined) return await see();
  const kind = JSON.stringify([site.goroot, files, check, baseline, go.run]);
  if (!plainWorlds.has(kind)) plainWorlds.set(kind, see());
  await plainWorlds.get(kind);
}

/** Without quotes, which a summary leaves out or doubles. */
const plain = (text: string) => text.replaceAll('"', '');

function expectFindings(
  findings: readonly Finding[],
  wanted: readonly Expected[],
  beside: readonly string[],
): void {
  const rest = [...findings];
  for (const one of wanted) {
    const at = rest.findIndex(of(one));
    expect(at, `${one.rule} is not among ${JSON.stringify(rest)}`).toBeGreaterThanOrEqual(0);
    const [found] = rest.splice(at, 1);
    const level =
      one.level ?? (found?.kind === 'conflict' ? ruleRow(one.rule as ConflictRule).level : undefined);
    if (level !== undefined) expect(found?.level, found?.summary).toBe(level);
    if (one.says !== undefined) expect(found?.summary).toMatch(one.says);
  }
  expect(
    rest.filter(loud).map(({ rule }) => rule),
    JSON.stringify(rest),
  ).toEqual(beside);
}

async function at(
  { clone, files, fresh, uid }: Pick<Scenario, 'clone' | 'files' | 'fresh' | 'uid'>,
  on: GoVersion | 'none',
  story: (site: Site) => Promise<void>,
): Promise<void> {
  const site = await makeSite({
    go: on,
    ...(clone === undefined ? {} : { clone }),
    ...(files === undefined ? {} : { files }),
    ...(fresh === undefined ? {} : { fresh }),
    ...(uid === undefined ? {} : { uid }),
  });
  try {
    await story(site);
  } finally {
    await site.end();
  }
}

/** Plays a scenario on one toolchain, and fills in its row of the table on the way. */
export async function play(scenario: Scenario, on: GoVersion | 'none', row: Row): Promise<void> {
  await at(scenario, on, (site) => playAt(site, scenario, on, row));
}

async function playAt(site: Site, scenario: Scenario, on: GoVersion | 'none', row: Row): Promise<void> {
  const { uid, go, finds, repair, beside = [], remains = [] } = scenario;
  await scenario.world?.(site);
  if (uid !== undefined) give(site.home, uid);
  const healthy = scenario.healed ?? {};
  if (on !== 'none') {
    if (scenario.baseline !== undefined) await accept(site, scenario.baseline);
    await expectHealthy(scenario, site);
  }

  await scenario.drift(site);
  const { findings } = await look(site, scenario.check);
  const said = await site.shell(go.run);
  row.goNoticed = said.exitCode !== 0 || /\b(warning|error|invalid)\b/.test(said.text);
  row.noticed = findings.length > 0;
  const found = findings.find(of(finds[0]));
  row.named = found !== undefined;
  expectSaid(said, go);
  expectFindings(findings, finds, beside);
  // What it promises that go will say, go says.
  const quoted = /(?:fails|stop) with "(.*)"/.exec(found?.summary ?? '')?.[1];
  if (quoted !== undefined) expect(plain(said.text)).toContain(plain(quoted));

  row.healed = false;
  const advice = repair.says.exec(found?.repair ?? '');
  expect(advice, `${found?.repair} does not match ${repair.says}`).not.toBeNull();
  await repair.carryOut(site, advice as RegExpExecArray);
  const after = await look(site, scenario.check);
  expect(after.findings.filter(of(finds[0]))).toEqual([]);
  expect(
    after.findings.filter(loud).map(({ rule }) => rule),
    JSON.stringify(after.findings),
  ).toEqual([...beside, ...remains]);
  expectSaid(await site.shell(go.run), healthy);
  row.healed = true;
}

/** Plays a harmless one: nothing at `minor` or above, before and after. */
export async function playHarmless(scenario: Harmless, on: GoVersion | 'none'): Promise<void> {
  await at(scenario, on, (site) => playHarmlessAt(site, scenario));
}

async function playHarmlessAt(site: Site, scenario: Harmless): Promise<void> {
  const { change, but = [], silent = false, go = { run: 'go build ./...' }, uid } = scenario;
  if (uid !== undefined) give(site.home, uid);
  await scenario.world?.(site);
  if (uid !== undefined) give(site.home, uid);
  if (change !== undefined) {
    await accept(site, scenario.baseline ?? 'accepted');
    await change(site);
  }
  const { findings } = await look(site, scenario.check);
  expect(
    findings.filter(silent ? () => true : loud).map(({ rule }) => rule),
    JSON.stringify(findings),
  ).toEqual(but);
  expectSaid(await site.shell(go.run), go);
}
