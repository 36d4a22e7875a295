/**
 * Guards that must hold before a plan changes anything. All of them run, so that a refusal lists every reason
 * at once.
 */
import path from 'node:path';
import { linkTarget } from '../host/entry-state.ts';
import { realPathOf } from '../host/files.ts';
import { goCommands, programsFrom } from '../host/processes.ts';
import type { EntryPlan, Plan } from './plan.ts';
import { kindOf } from './steps/kinds.ts';

/**
 * Returns every reason why no step of a plan may run. `outside` are directories that a pull request can write
 * to.
 */
export function guardPlan({ steps, refusals }: Plan, outside: readonly string[]): readonly string[] {
  return [...new Set([...refusals, ...steps.flatMap((step) => kindOf(step).unsafe(step, outside))])];
}

/**
 * Returns why a plan must not unset variables that this target requires: the approval is older than the
 * requirement, and only a new approval satisfies both. `approved` reports whether a variable had a value when the
 * record was made.
 */
export function guardRequired(
  { steps }: EntryPlan,
  required: readonly string[],
  approved: (name: string) => boolean,
): readonly string[] {
  const changed = new Set(steps.flatMap(({ names = [] }) => names));
  return required
    .filter((name) => changed.has(name) && !approved(name))
    .map(
      (name) =>
        `${name} is required here and was not set when this was approved: accept a new baseline, or stop requiring it`,
    );
}

/**
 * Returns why symlinks to a toolchain must not be switched now: running builds. Such a build would use parts
 * of two releases and leave objects of the wrong one in the build cache, which the right toolchain then
 * cannot link.
 */
export function guardBuilds({ steps }: EntryPlan): readonly string[] {
  const links = steps.filter(({ role }) => role === 'toolchain-link');
  const trees = links.flatMap(({ directory, name, before, after }) =>
    [before, after].flatMap((state) =>
      state.kind === 'link'
        ? [realPathOf({ root: '/', path: linkTarget(directory, state.to) }) ?? path.join(directory, name)]
        : [],
    ),
  );
  const running = trees.length === 0 ? [] : programsFrom(trees);
  return running.map(
    ({ pid, program }) => `${program} runs from there (pid ${pid}): wait until builds are done`,
  );
}

/**
 * Returns the module cache of a go command with this environment, `undefined` where the environment does not
 * say.
 */
export function moduleCacheIn(environment: ReadonlyMap<string, string>): string | undefined {
  const set = (name: string) => environment.get(name) || undefined;
  const gopath =
    set('GOPATH')?.split(':', 1)[0] ?? (set('HOME') === undefined ? undefined : `${set('HOME')}/go`);
  return set('GOMODCACHE') ?? (gopath === undefined ? undefined : `${gopath}/pkg/mod`);
}

/**
 * Returns why directories of the module cache must not be exchanged now: running builds. Such a build would
 * read some files before and some after the exchange and store the result in the build cache. `home` is the
 * HOME of the target.
 */
export function guardTrees({ steps }: Plan, home: string | undefined): readonly string[] {
  const trees = steps.filter((step) => step.kind === 'replace-tree');
  if (trees.length === 0) return [];
  const real = (file: string) => realPathOf({ root: '/', path: file }) ?? file;
  const within = (cache: string) =>
    trees.some(({ directory }) => directory === cache || directory.startsWith(`${cache}/`));
  const reads = (environment: ReadonlyMap<string, string>) => {
    // The GOENV file may set another GOMODCACHE than the environment; processes with the same home share that
    // file.
    if (home !== undefined && environment.get('HOME') === home) return true;
    const cache = moduleCacheIn(environment);
    return cache !== undefined && within(real(cache));
  };
  const building = goCommands().filter(({ environment }) => reads(environment));
  const running = programsFrom(trees.map(({ directory, name }) => path.join(directory, name)));
  const pids = new Map([...building, ...running].map(({ pid, program }) => [pid, program]));
  return [...pids].map(
    ([pid, program]) => `${program} runs and reads from there (pid ${pid}): wait until builds are done`,
  );
}
