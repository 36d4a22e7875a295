/** What must hold before a name is changed at all. Every guard is asked, so that a refusal gives all its reasons at once. */
import path from 'node:path';
import { linkTarget } from '../host/entry-state.ts';
import { realPathOf } from '../host/files.ts';
import { programsFrom } from '../host/processes.ts';
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
