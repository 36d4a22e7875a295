/** What must hold before a name is changed at all. Every guard is asked, so that a refusal gives all its reasons at once. */
import path from 'node:path';
import { linkTarget } from '../host/entry-state.ts';
import { realPathOf } from '../host/files.ts';
import { goCommands, programsFrom } from '../host/processes.ts';
import type { EntryPlan, Plan } from './plan.ts';
import { kindOf } from './steps/kinds.ts';

/** All reasons for which nothing of a plan may be done. */
export function guardPlan({ steps, refusals }: Plan, outside: readonly string[]): readonly string[] {
  return [...new Set([...refusals, ...steps.flatMap((step) => kindOf(step).unsafe(step, outside))])];
}

/**
 * Why links to a toolchain must not be exchanged now: a build that goes on would take its parts from two releases, and leave objects of the other one in the
 * cache, with which the right toolchain cannot link any more.
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

/** Where a go command with this environment keeps its modules; undefined where that is told elsewhere. */
export function moduleCacheIn(environment: ReadonlyMap<string, string>): string | undefined {
  const set = (name: string) => environment.get(name) || undefined;
  const gopath =
    set('GOPATH')?.split(':', 1)[0] ?? (set('HOME') === undefined ? undefined : `${set('HOME')}/go`);
  return set('GOMODCACHE') ?? (gopath === undefined ? undefined : `${gopath}/pkg/mod`);
}

/**
 * Why directories of the module cache must not be exchanged now: a build that goes on would read one half of its files before and one after, and keep what it
 * made of them in the build cache.
 */
export function guardTrees({ steps }: Plan, home: string | undefined): readonly string[] {
  const trees = steps.filter((step) => step.kind === 'replace-tree');
  if (trees.length === 0) return [];
  const real = (file: string) => realPathOf({ root: '/', path: file }) ?? file;
  const within = (cache: string) =>
    trees.some(({ directory }) => directory === cache || directory.startsWith(`${cache}/`));
  const reads = (environment: ReadonlyMap<string, string>) => {
    // GOENV may name another cache than the environment: whoever has the same home has the same GOENV.
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
