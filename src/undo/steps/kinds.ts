/** Maps each kind of step to its implementation. A missing kind does not compile. */
import type { Step } from '../step.ts';
import { cacheKind } from './cache.ts';
import { entryKind } from './entry.ts';
import { fetchKind } from './fetch.ts';
import type { StepKind } from './kind.ts';
import { treeKind } from './tree.ts';

const kinds: Readonly<Record<Step['kind'], StepKind<never>>> = {
  'restore-file': entryKind,
  'restore-link': entryKind,
  'remove-file': entryKind,
  'drop-action': cacheKind,
  'drop-output': cacheKind,
  'drop-irregular': cacheKind,
  'replace-tree': treeKind,
  'make-tree': treeKind,
  'fetch-zip': fetchKind,
};

/** Returns the implementation of a step. */
export function kindOf({ kind }: Step): StepKind<Step> {
  return kinds[kind] as StepKind<Step>;
}

/** Reports whether every step can be reverted. */
export function canTakeBack(steps: readonly Step[]): boolean {
  return steps.every((step) => kindOf(step).takeBack !== undefined);
}
