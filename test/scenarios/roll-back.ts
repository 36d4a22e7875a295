/**
 * Rolls a scenario back: the healthy world is accepted, the drift comes, `godrift rollback` answers it as a person would ask, and the whole home is held
 * against the healthy one and the drifted one, name by name.
 */
import { realpathSync } from 'node:fs';
import { expect } from 'vitest';
import { facetsWithRollback } from '../../src/catalog/facets.ts';
import { olderVersions, toolchainVersions } from '../lab/toolchains.ts';
import { differing, homeOf, type Tree } from '../lab/tree.ts';
import { type Answer, type AskFacet, startAsked } from './ask-by-alert.ts';
import { rollBackInShell, type Variables } from './ask-by-shell.ts';
import type { GoVersion, Scenario } from './scenario.ts';
import { type Finding, give, makeSite, type Site, sdk } from './site.ts';

/** What a rollback came to. */
export interface Way {
  /**
   * `whole`: every byte is as in the healthy world, and go builds; `shell`: so it is once the shell that drifted has rolled its variables back; `part`: some
   * of it; `none`: nothing is put back.
   */
  readonly back: 'whole' | 'shell' | 'part' | 'none';
  /** Facets that were rolled back. */
  readonly facets: readonly string[];
  /** Why the rest is not; of what is whole, what came with the drift, decides nothing, and stays. */
  readonly why: readonly string[];
  /** Names in which the home differs from the healthy one afterwards. */
  readonly differs: readonly string[];
}

/** Paths of this machine and of this run, as any reader of the table knows them. */
function plain(site: Site, text: string): string {
  const trees = [...toolchainVersions, ...olderVersions].map(
    (version) => [version, sdk(version).goroot] as const,
  );
  return trees
    .reduce((told, [version, goroot]) => told.replaceAll(goroot, `GOROOT(${version})`), text)
    .replaceAll(site.home, '~')
    .replace(/\/\S*\/godrift-test\/[^\s/]+/g, '/tmp')
    .replace(/\bpid \d+/g, 'pid N');
}

async function json<T>(site: Site, ...args: string[]): Promise<T | { readonly said: string }> {
  const { stdout, stderr } = await site.godrift(...args);
  return stdout.startsWith('{') ? JSON.parse(stdout) : { said: stderr.trim() };
}

/** Facets in which something differs or is wrong, those first on which the reading of others depends. */
function facetsOf(findings: readonly Finding[]): readonly string[] {
  const told = new Set(findings.map(({ key }) => key.split('.', 1)[0]));
  return ['env', 'toolchain', 'modules', ...facetsWithRollback].filter(
    (facet, index, all) => told.has(facet) && all.indexOf(facet) === index,
  );
}

/** Names of what a cache holds are digests, which are others in each run: of the time of a build, of its folder. */
const withoutDigests = (name: string) => name.replace(/[0-9a-f]{64}/g, 'DIGEST');

/** A cache is put right by removals, and go fills it again: there nothing is as it was, and need not be. */
const inCache = (name: string) => name.startsWith('.cache/');

/** As a person asks. */
const byPerson: AskFacet = (site, facet) =>
  json<Answer>(site, 'rollback', '--facet', facet, '--yes', '--json');

/** Asks for a rollback of a facet, and sees that it touched nothing but what its plan names. */
async function rollFacet(
  site: Site,
  facet: string,
  healthy: Tree,
  ask: AskFacet,
): Promise<Answer | { readonly said: string }> {
  const before = homeOf(site);
  const answer = await ask(site, facet);
  const after = homeOf(site);
  const real = realpathSync(site.home);
  const named =
    'said' in answer
      ? []
      : answer.steps.map(({ path }) => path.replace(`${real}/`, '').replace(`${site.home}/`, ''));
  const strange = differing(before, after).filter(
    (name) =>
      (after.get(name) !== healthy.get(name) && !inCache(name)) ||
      !named.some((one) => one === name || name.startsWith(`${one}/`) || one.startsWith(`${name}/`)),
  );
  expect(strange, `rollback of ${facet} touched more than its plan: ${JSON.stringify(answer)}`).toEqual([]);
  return answer;
}

/** Why something of a facet is not as it was, in the words of the answer. */
function reasons(site: Site, answer: Answer | { readonly said: string }): readonly string[] {
  if ('said' in answer) return [answer.said];
  const { result, why = '', left, refusals } = answer;
  return [
    ...refusals.map((reason) => `refused: ${reason}`),
    ...(result === 'undone' || result === 'failed' ? [`${result}: ${why}`] : []),
    // Without HOME a toolchain below the account's own home is told as ~, which is other where the tests have their toolchains elsewhere.
    ...left
      .filter(({ key }) => key !== 'toolchain.goroot' || site.env.HOME !== undefined)
      .map(({ key, why: reason }) => `${key} stays: ${reason}`),
  ];
}

/** What go says otherwise than in the healthy world, and that it does not build where it did; undefined where all is as it was. */
async function stillWrong(site: Site, { go, healed = {} }: Scenario): Promise<string | undefined> {
  const { exit = 0, says } = healed;
  const said = await site.shell(go.run);
  if (said.exitCode !== exit || says?.test(said.text) === false) return `${go.run} says ${said.text}`;
  if (exit !== 0) return undefined;
  const built = await site.shell('go build -o /dev/null ./...');
  return built.exitCode === 0 ? undefined : `go build says ${built.text}`;
}

async function rollBackAt(site: Site, scenario: Scenario, who: Who): Promise<Way> {
  const { uid, check = [] } = scenario;
  await scenario.world?.(site);
  if (uid !== undefined) give(site.home, uid);
  const accepted = await site.godrift('baseline', 'accept', '--reason', 'healthy');
  if (accepted.exitCode !== 0)
    return {
      back: 'none',
      facets: [],
      why: [`not accepted: ${plain(site, accepted.stderr.trim())}`],
      differs: [],
    };
  const [healthy, variables] = [homeOf(site), { ...site.env }];
  await scenario.drift(site);
  const drifted = homeOf(site);
  const { findings } = await site.check(...check);
  const world = { healthy, drifted, findings };
  if (who === 'person') return await rollBackBy(site, scenario, { ...world, variables, ask: byPerson });
  const { ask, exporter } = await startAsked(site);
  try {
    return await rollBackBy(site, scenario, { ...world, ask });
  } finally {
    await exporter.stop();
  }
}

interface Drifted {
  readonly healthy: Tree;
  readonly drifted: Tree;
  readonly findings: readonly Finding[];
  readonly ask: AskFacet;
  /** The environment of before, where its shell is to roll it back as well. */
  readonly variables?: Variables;
}

async function rollBackBy(site: Site, scenario: Scenario, world: Drifted): Promise<Way> {
  const { healthy, drifted, findings, ask, variables } = world;
  const facets: string[] = [];
  const told: string[] = [];
  for (const facet of facetsOf(findings)) {
    const answer = await rollFacet(site, facet, healthy, ask);
    if ('steps' in answer && answer.result === 'applied' && answer.steps.length > 0) facets.push(facet);
    told.push(...reasons(site, answer).map((reason) => plain(site, reason)));
  }
  const left = differing(healthy, homeOf(site)).filter((name) => !inCache(name));
  const lost = left.filter((name) => healthy.has(name));
  const common = { facets, differs: left.map(withoutDigests) };
  const isWhole = facets.length > 0 && told.length === 0 && lost.length === 0;
  const inShell = isWhole || variables === undefined ? undefined : await rollBackInShell(site, variables);
  if (inShell?.why.length === 0 && lost.length === 0) {
    const wrong = await stillWrong(site, scenario);
    if (wrong === undefined)
      return {
        back: 'shell',
        ...common,
        why: [`${inShell.names.join(', ')} of the process`, ...stays(left)],
      };
    told.push(plain(site, `with ${inShell.names.join(', ')} as accepted, ${wrong}`));
  }
  const why = [...new Set([...told, ...(inShell?.why ?? [])])];
  if (facets.length === 0) {
    const came = differing(healthy, drifted).filter((name) => !inCache(name));
    return { back: 'none', ...common, why: why.length > 0 ? why : unanswered(findings, came) };
  }
  if (why.length > 0 || lost.length > 0)
    return { back: 'part', ...common, why: [...why, ...lost.map(other)] };
  expect(await stillWrong(site, scenario)).toBeUndefined();
  return { back: 'whole', ...common, why: stays(left) };
}

/** Of a name that is not as it was: what people write is not among what is recorded. */
const other = (name: string) =>
  name.endsWith('.go') ? `~/${name} is code, which no rollback changes` : `~/${name} is another one`;

/** The outermost ones of names, as a reader of the table knows them. */
function outermost(names: readonly string[]): readonly string[] {
  const all = new Set(names);
  return names
    .filter((name) => !ancestors(name).some((above) => all.has(above)))
    .map((name) => `~/${withoutDigests(name)}`);
}

/** What came with the drift and is no name of the record: folders, files that a command downloaded. */
function stays(names: readonly string[]): readonly string[] {
  return names.length === 0 ? [] : [`${outermost(names).join(', ')} came with it, and stays`];
}

/** `a/b/c` → `a`, `a/b`. */
function ancestors(name: string): readonly string[] {
  const parts = name.split('/');
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('/'));
}

/** So many names say what came. */
const enough = 3;

/** Why nothing is put back where nothing that was accepted is another one; `came` are names of the home that the drift changed. */
function unanswered(findings: readonly Finding[], came: readonly string[]): readonly string[] {
  const rules = [...new Set(findings.map(({ rule }) => `\`${rule}\``))].join(', ');
  const names = outermost(came);
  const more = names.length > enough ? ` and ${names.length - enough} more` : '';
  return names.length === 0
    ? [`nothing that was accepted is another one; see the repair of ${rules}`]
    : [`the record holds nothing of ${names.slice(0, enough).join(', ')}${more}; see the repair of ${rules}`];
}

/** Who asks: a person by the command, or an alert at an exporter in mode auto. */
export type Who = 'person' | 'alert';

/** Plays a scenario to its rollback, on one toolchain. */
export async function rollBack(
  scenario: Scenario,
  on: GoVersion | 'none',
  who: Who = 'person',
): Promise<Way> {
  const { clone, files, fresh, uid } = scenario;
  const site = await makeSite({
    go: on,
    ...(clone === undefined ? {} : { clone }),
    ...(files === undefined ? {} : { files }),
    ...(fresh === undefined ? {} : { fresh }),
    ...(uid === undefined ? {} : { uid }),
  });
  try {
    return await rollBackAt(site, scenario, who);
  } finally {
    await site.end();
  }
}
