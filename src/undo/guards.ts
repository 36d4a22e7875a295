/** What must hold before a name is changed at all. Every guard is asked, so that a refusal gives all its reasons at once. */
import path from 'node:path';
import process from 'node:process';
import { whoElseWrites } from '../host/other-writers.ts';
import type { Plan, Step } from './plan.ts';

/** Why a step must not be taken by this process; `outside` are directories that a pull request writes. */
function unsafe({ path: shown, directory, name, before, after }: Step, outside: readonly string[]): string[] {
  const file = path.join(directory, name);
  const who = whoElseWrites({ root: '/', path: file }, outside);
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
