/**
 * Blames a scenario: the healthy world is accepted, the drift comes, beside it ten differences that no build cares for, and `godrift blame` is asked what broke
 * the scenario's own command. Whom it may name is not what godrift says but what the drift was seen to change: variables, lines of GOENV, files.
 */
import { existsSync, lstatSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { conflictRules } from '../../src/catalog/rules.ts';
import type { BlameDocument } from '../../src/explain/blame/answer.ts';
import { sharedBuildCache } from '../lab/build-cache.ts';
import { knowFiles } from '../lab/toolchain-lists.ts';
import { differing, homeOf, type Tree } from '../lab/tree.ts';
import { bisectFinds, copyOf } from './bisect.ts';
import type { GoVersion, Scenario } from './scenario.ts';
import { makeSite, type Site, sdk } from './site.ts';

/** What came of one. */
export interface Blamed {
  readonly verdict: 'exact' | 'wrong' | 'none';
  /** Entries that were blamed, or why nobody was. */
  readonly named: string;
  readonly worlds: number;
  readonly ms: number;
  readonly differences: number;
  /** What is blamed without the ten beside it, and in how many worlds: what to type is the same, the world has fewer differences. */
  readonly plain?: { readonly verdict: 'exact' | 'wrong' | 'none'; readonly worlds: number };
  /** The command failed in the world that was accepted, too: nothing that changed broke it, and nobody is to be blamed. */
  readonly failedBefore?: boolean;
  /** Whether nobody was blamed, and what the drift is was told as what could not be tried. */
  readonly isLeft?: boolean;
  /** Whether what go printed holds the name of a variable or file that the drift changed. */
  readonly goNames: boolean;
  /** Whether `git bisect run` finds the commit of the drift; undefined where the drift is not in the repository, or not there alone. */
  readonly bisect?: boolean | undefined;
}

/** Ten differences, half of the process and half of GOENV, that decide no build of the corpus. */
const harmless = {
  process: {
    GOPRIVATE: 'x.example',
    GONOPROXY: 'y.example',
    GONOSUMDB: 'z.example',
    GOINSECURE: 'w.example',
    GOPPC64: 'power9',
  },
  goenv: { GOVCS: 'public:git|hg', FC: 'gfortran-9', AR: 'gcc-ar', PKG_CONFIG: 'pkgconf', CGO_FFLAGS: '-O1' },
} as const;

/** Scenarios that break a command that passed, or whose healthy answer is known in plain words. */
export function isBlamable({ go, healed = {}, uid, on }: Scenario): boolean {
  if (uid !== undefined || on[0] === undefined || (healed.exit ?? 0) !== 0) return false;
  return (go.exit ?? 0) !== 0 || answerOf(healed.says) !== undefined;
}

/** The answer that a pattern for a whole text stands for. */
const answerOf = (says: RegExp | undefined) => /^\^([\w. -]+)\$$/.exec(says?.source ?? '')?.[1];

function commandOf({ go, healed = {} }: Scenario): string {
  const answer = answerOf(healed.says);
  if ((go.exit ?? 0) !== 0 || answer === undefined) return go.run;
  return `answer=$( ( ${go.run} ) 2>&1 ); echo "$answer"; test "$answer" = '${answer}'`;
}

/** Puts the ten beside what a site has; what it answers takes them away. A variable that is set already, there or in GOENV, is what the scenario is about, and stays. */
export function bury(site: Site): () => void {
  const file = join(site.home, '.config/go/env');
  const before = existsSync(file) && lstatSync(file).isFile() ? readFileSync(file, 'utf8') : '';
  const unset = Object.entries(harmless.process).filter(
    ([name]) => site.env[name] === undefined && !before.includes(`${name}=`),
  );
  Object.assign(site.env, Object.fromEntries(unset));
  const lines = Object.entries(harmless.goenv).filter(([name]) => !before.includes(`${name}=`));
  const isFree = !existsSync(file) || lstatSync(file).isFile();
  if (isFree && site.env['HOME'] !== undefined)
    site.goenv(`${lines.map(([name, value]) => `${name}=${value}\n`).join('')}${before}`);
  return () => {
    for (const [name] of unset) site.env[name] = undefined;
    if (isFree && site.env['HOME'] !== undefined) site.goenv(before);
  };
}

interface Moment {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly files: Tree;
  readonly goenv: string;
}

function momentOf(site: Site): Moment {
  const file = join(site.home, '.config/go/env');
  const isFile = existsSync(file) && lstatSync(file).isFile();
  return { env: { ...site.env }, files: homeOf(site), goenv: isFile ? readFileSync(file, 'latin1') : '' };
}

/** What a drift changed: names of variables, and paths below the home. */
function changed(before: Moment, after: Moment) {
  const names = Object.keys({ ...before.env, ...after.env }).filter(
    (name) => before.env[name] !== after.env[name],
  );
  const lines = (text: string) => new Set(text.split('\n'));
  const [was, is] = [lines(before.goenv), lines(after.goenv)];
  const touched = [...new Set([...was, ...is])].filter((line) => was.has(line) !== is.has(line));
  return {
    names: new Set([...names, ...touched.flatMap((line) => /^(\w+)=/.exec(line)?.[1] ?? [])]),
    files: differing(before.files, after.files),
  };
}

type Changed = ReturnType<typeof changed>;

/** Whether all that a drift changed is files that a commit holds. */
function isInRepository({ home, workspace }: Site, { names, files }: Changed): boolean {
  const inside = files.map((file) => relative(workspace, join(home, file)));
  return (
    names.size === 0 &&
    inside.length > 0 &&
    inside.every((file) => !file.startsWith('..') && !file.startsWith('.git'))
  );
}

const facetOf = (rule: string) => conflictRules.find((one) => one.rule === rule)?.facet;

function isOf(
  entry: BlameDocument['causes'][number]['entries'][number],
  { home }: Site,
  what: Changed,
  finds: Scenario['finds'],
): boolean {
  const { key, facet, kind, origin } = entry;
  const name = key.replace(/^env\./, '');
  if (Object.hasOwn({ ...harmless.process, ...harmless.goenv }, name)) return what.names.has(name);
  if (key.startsWith('env.') && what.names.has(name)) return true;
  if (facet === 'toolchain' && (what.names.has('PATH') || what.names.has('GOROOT'))) return true;
  const path = origin?.path?.replace(`${home}/`, '');
  if (
    path !== undefined &&
    what.files.some((file) => file === path || file.startsWith(`${path}/`) || path.startsWith(`${file}/`))
  )
    return true;
  // The repair of a finding is right where it is a finding of the drift, by its rule or its facet.
  return kind === 'repair' && finds.some(({ rule }) => rule === key || facetOf(rule) === facet);
}

function verdictOn(
  document: BlameDocument,
  site: Site,
  what: Changed,
  { finds }: Scenario,
): Blamed['verdict'] {
  const entries = document.causes.flatMap((cause) => cause.entries);
  if (entries.length === 0) return 'none';
  return entries.every((entry) => isOf(entry, site, what, finds)) ? 'exact' : 'wrong';
}

/**
 * Makes the workspace a repository with all its files committed, as almost every one is, where the scenario has nothing of its own to say of that. Its git need not be on
 * the PATH of the world.
 */
async function commitWorkspace(site: Site, scenario: Scenario): Promise<boolean> {
  if (existsSync(join(site.workspace, '.git')) || scenario.finds[0].rule === 'vcs-stamping') return false;
  const { exitCode, text } = await site.shell(
    'PATH=$PATH:/usr/bin:/bin; git init -q . && git add -A -f . && git -c user.name=a -c user.email=a@example.com commit -qm healthy',
  );
  if (exitCode !== 0) throw new Error(text);
  return true;
}

/** Plays a scenario to its blame, on one toolchain. */
export async function blameScenario(scenario: Scenario, on: GoVersion | 'none'): Promise<Blamed> {
  const { clone, files } = scenario;
  const site = await makeSite({
    go: on,
    fresh: true,
    ...(clone === undefined ? {} : { clone }),
    ...(files === undefined ? {} : { files }),
  });
  try {
    site.env['GOPROXY'] ??= 'off';
    site.env['GOCACHE'] ??= sharedBuildCache();
    await scenario.world?.(site);
    const isCommitted = await commitWorkspace(site, scenario);
    const passedBefore = (await site.shell(commandOf(scenario))).exitCode === 0;
    // Who accepts digests the toolchain: of a shared one the list of its files is there.
    if (site.goroot === sdk(site.version).goroot)
      await knowFiles(sdk(site.version), join(site.home, 'state'));
    const accepted = await site.godrift('baseline', 'accept', '--reason', 'healthy');
    if (accepted.exitCode !== 0) throw new Error(`not accepted: ${accepted.stderr}`);
    const before = momentOf(site);
    const healthy = copyOf(site);
    await scenario.drift(site);
    const what = changed(before, momentOf(site));
    const inRepository = isInRepository(site, what);
    const ask = () => site.godrift('blame', '--json', '--', '/bin/sh', '-c', commandOf(scenario));
    const alone = (await ask()).stdout;
    bury(site);
    const home = homeOf(site);
    const { stdout, stderr } = await ask();
    if (differing(home, homeOf(site)).length > 0)
      throw new Error('blame changed the world that it looked at');
    // git looks for the drift among commits of its own.
    if (isCommitted) rmSync(join(site.workspace, '.git'), { recursive: true });
    const failedBefore = passedBefore ? {} : { failedBefore: true };
    const found = inRepository ? { bisect: await bisectFinds(site, healthy, commandOf(scenario)) } : {};
    const plainly: BlameDocument | undefined = alone === '' ? undefined : JSON.parse(alone);
    const plain =
      plainly === undefined
        ? {}
        : {
            plain: {
              verdict: verdictOn(plainly, site, what, scenario),
              worlds: plainly.worlds,
            },
          };
    if (stdout === '')
      return {
        verdict: 'none',
        named: stderr.trim(),
        worlds: 0,
        ms: 0,
        differences: 0,
        goNames: false,
        ...failedBefore,
        ...plain,
        ...found,
      };
    const document: BlameDocument = JSON.parse(stdout);
    const { causes, worlds, seconds, differences, fixed, why = document.result, message } = document;
    const named = causes.map(({ entries }) => entries.map(({ key }) => key).join(' + ')).join('; ');
    return {
      verdict: verdictOn(document, site, what, scenario),
      ...failedBefore,
      ...plain,
      isLeft:
        named === '' &&
        scenario.finds.some(({ rule, key }) => fixed.some((one) => one.key === rule || one.key === key)),
      named: named === '' ? [why, ...fixed.map(({ key }) => `not tried: ${key}`)].join('; ') : named,
      worlds,
      ms: seconds * 1000,
      differences,
      goNames: [...what.names, ...what.files.map((file) => file.split('/').at(-1) ?? '')].some(
        (name) => name.length > 1 && message.includes(name),
      ),
      ...found,
    };
  } finally {
    await site.end();
  }
}
