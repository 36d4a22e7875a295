/**
 * The last resort of blame: tests whether something that no world can leave out, such as a damaged toolchain,
 * fails by itself (decision 0089).
 */
import { levelNumber } from '../../catalog/facets.ts';
import { type Finding, factsOf } from '../../drift/model.ts';
import { shellWord } from '../../drift/shell-word.ts';
import { aloneFiles, missingPackages, saidAlone } from '../../explain/blame/alone.ts';
import type { Atom } from '../../explain/blame/atom.ts';
import { type Cause, type Finished, Stopped } from '../../explain/blame/investigate.ts';
import type { Failure } from '../../explain/blame/verdict.ts';
import { readMachine } from '../../host/machine.ts';
import type { Inspection } from '../inspect.ts';
import type { Worlds } from './worlds.ts';

/** Most modules that are tried alone; a failure rarely names more. */
const mostModules = 10;

const atomOf = ({ rule, facet, summary, repair = '', origin }: Finding, index: number): Atom => ({
  id: `alone ${rule} ${index}`,
  facet,
  key: rule,
  kind: 'repair',
  title: summary,
  likelihood: 1,
  ...(origin === undefined ? {} : { origin }),
  changes: [],
  repair,
});

/**
 * Returns an environment without settings of go, apart from PATH, the home directory, the module cache and
 * the toolchain in question.
 */
function bareEnvironment(env: ReadonlyMap<string, string>, looked: Inspection): ReadonlyMap<string, string> {
  const facts = factsOf(looked.observation, 'toolchain');
  // If the toolchain in question is not the go on PATH itself, GOTOOLCHAIN names it.
  const isOther =
    facts?.selection?.outcome === 'cached' ||
    facts?.brokenSwitch !== undefined ||
    facts?.switchProblem !== undefined;
  const variables = factsOf(looked.observation, 'env')?.variables;
  const modcache = variables?.get('GOMODCACHE')?.value ?? '';
  return new Map([
    ['PATH', env.get('PATH') ?? ''],
    ['HOME', env.get('HOME') || readMachine().home || '/'],
    ['GOENV', 'off'],
    ['GOWORK', 'off'],
    ['GOFLAGS', ''],
    ['CGO_ENABLED', '0'],
    ['GOPROXY', 'off'],
    ['GOTOOLCHAIN', isOther ? (facts?.selection?.wanted ?? 'local') : 'local'],
    ...(modcache.startsWith('/') ? ([['GOMODCACHE', modcache]] as const) : []),
  ]);
}

/** Returns the conflicts of the toolchain that did not hold in the approved state, the worst first. */
const ofToolchain = (fresh: readonly Finding[]) =>
  fresh
    .filter(({ facet, kind }) => facet === 'toolchain' && kind === 'conflict')
    .sort((a, b) => levelNumber(b.level) - levelNumber(a.level));

async function toolchainAlone(
  { fresh, looked, env, worlds }: Alone,
  failure: Failure,
): Promise<Found | undefined> {
  const [finding] = ofToolchain(fresh);
  if (finding === undefined) return undefined;
  const packages = missingPackages(failure);
  const listed = ['fmt', 'runtime', ...packages].map(shellWord).join(' ');
  const line = `go version && go list ${listed} >/dev/null && go build -o /dev/null .`;
  const ended = await worlds.alone(line, aloneFiles(packages), bareEnvironment(env, looked));
  const said = ended === undefined ? undefined : saidAlone(ended, failure);
  return said === undefined ? undefined : { atom: atomOf(finding, 0), message: said };
}

/** Returns the module that a finding reports as unavailable. */
const moduleOf = ({ repair = '', summary }: Finding) =>
  /\b(?:go mod download )?([\w.-]+\.[\w.-]+(?:\/[\w.~-]+)*@v[\w.+-]+)/.exec(`${repair} ${summary}`)?.[1];

async function modulesAlone({ fresh, env, worlds }: Alone, failure: Failure): Promise<readonly Found[]> {
  const gone = fresh
    .filter(({ facet, kind }) => facet === 'modules' && kind === 'conflict')
    .flatMap((finding) => {
      const module = moduleOf(finding);
      return module === undefined ? [] : [{ finding, module }];
    });
  const found: Found[] = [];
  for (const [index, { finding, module }] of gone.slice(0, mostModules).entries()) {
    // Where go looks for modules may be the reason why one is unavailable, so those variables stay.
    const kept = new Map([...env].filter(([name]) => name !== 'GOFLAGS' && name !== 'GOWORK'));
    const ended = await worlds.alone(
      `go mod download ${shellWord(module)}`,
      aloneFiles([]),
      new Map([...kept, ['GOWORK', 'off']]),
    );
    const said = ended === undefined ? undefined : saidAlone(ended, failure);
    if (said !== undefined) found.push({ atom: atomOf(finding, index), message: said });
  }
  return found;
}

interface Found {
  readonly atom: Atom;
  readonly message: string;
}

/** What is tried, and where. */
interface Alone {
  readonly fresh: readonly Finding[];
  readonly looked: Inspection;
  readonly env: ReadonlyMap<string, string>;
  readonly worlds: Pick<Worlds, 'alone'>;
}

async function foundAlone(alone: Alone, failure: Failure): Promise<readonly Found[]> {
  const toolchain = await toolchainAlone(alone, failure);
  return toolchain === undefined ? await modulesAlone(alone, failure) : [toolchain];
}

/**
 * Completes an investigation that found no cause with the findings that fail alone. Returns it unchanged if
 * none does, or if the user has stopped it.
 */
export async function withAlone(
  finished: Finished,
  alone: Alone,
): Promise<{ readonly finished: Finished; readonly atoms: readonly Atom[] }> {
  if (finished.result !== 'not-reproduced') return { finished, atoms: [] };
  const found = await foundAlone(alone, finished.failure).catch((error: unknown) => {
    if (error instanceof Stopped) return [];
    throw error;
  });
  if (found.length === 0) return { finished, atoms: [] };
  const causes = found.map(({ atom, message }): Cause => ({ ids: [atom.id], message, alone: true }));
  return {
    finished: { result: 'found', causes, message: finished.message },
    atoms: found.map(({ atom }) => atom),
  };
}
