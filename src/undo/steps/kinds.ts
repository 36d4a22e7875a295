/** The table from the kind of a step to what it does. A kind that is left out does not compile. */
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

/** What a step can do. */
export function kindOf({ kind }: Step): StepKind<Step> {
  return kinds[kind] as StepKind<Step>;
}

/** Whether all of these can be taken back. */
export function canTakeBack(steps: readonly Step[]): boolean {
  return steps.every((step) => kindOf(step).takeBack !== undefined);
}
