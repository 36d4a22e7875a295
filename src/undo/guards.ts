/** What must hold before a name is changed at all. Every guard is asked, so that a refusal gives all its reasons at once. */
import path from 'node:path';
import process from 'node:process';
import { linkTarget } from '../host/entry-state.ts';
import { realPathOf } from '../host/files.ts';
import { whoElseWrites } from '../host/other-writers.ts';
import { programsFrom } from '../host/processes.ts';
import { projectRoles } from '../store/approved/record.ts';
import type { Plan, Step } from './plan.ts';

/** Why a step must not be taken by this process; `outside` are directories that a pull request writes. */
export function unsafe(
  { role, path: shown, directory, name, before, after }: Step,
  outside: readonly string[],
): string[] {
  const file = path.join(directory, name);
  // Files of the project lie in the code; what they are to hold is held against its repository (project-files.ts).
  const who = whoElseWrites({ root: '/', path: file }, projectRoles.includes(role) ? [] : outside);
  const uid = process.geteuid?.() ?? -1;
  const owners = [before, after].flatMap((state) => (state.kind === 'file' ? [state.uid] : []));
  const foreign = owners.find((owner) => owner !== uid);
  return [
    ...(who === undefined ? [] : [`${shown} ${who}`]),
    ...(foreign === undefined || who !== undefined
      ? []
      : [`${shown} belongs to uid ${foreign}: a rollback changes what is its own user's (uid ${uid})`]),
  ];
}

/** All reasons for which nothing of a plan may be done. */
export function guardPlan({ steps, refusals }: Plan, outside: readonly string[]): readonly string[] {
  return [...new Set([...refusals, ...steps.flatMap((step) => unsafe(step, outside))])];
}

/**
 * Why links to a toolchain must not be exchanged now: a build that goes on would take its parts from two releases, and leave objects of the other one in the
 * cache, with which the right toolchain cannot link any more.
 */
export function guardBuilds({ steps }: Plan): readonly string[] {
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
