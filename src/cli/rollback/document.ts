/** A plan as the document of contract §8, which people are shown too: what runs is what was shown, known by a digest of its steps. */
import { parseGoenv } from '../../go/goenv.ts';
import { sha256Hex } from '../../host/digest.ts';
import type { EntryState } from '../../host/entry-state.ts';
import { publicValue } from '../../observe/env.ts';
import type { Left } from '../../undo/left.ts';
import type { Step } from '../../undo/plan.ts';
import type { Prepared } from './prepare.ts';

/** How a rollback ended. */
export type RollbackResult = 'dry_run' | 'applied' | 'refused' | 'undone' | 'failed';

/** What one variable of a file of settings is now and would be, redacted; absent where it is not set. */
export interface ValueChange {
  readonly name: string;
  readonly now?: string;
  readonly then?: string;
  /** What differs may be secret, and is not shown. */
  readonly hidden?: true;
}

/** Schema `godrift.plan/1`. */
export interface PlanDocument {
  readonly schema: 'godrift.plan/1';
  readonly target: string;
  readonly facet: string;
  /** SHA-256 of the steps: the same plan, and no other, has it. */
  readonly plan: string;
  readonly record: {
    readonly id: string;
    readonly time: string;
    /** False where it is what another rollback replaced. */
    readonly approved: boolean;
    readonly who?: string;
    readonly why?: string;
  };
  readonly steps: readonly {
    readonly kind: Step['kind'];
    readonly what: string;
    readonly path: string;
    readonly precondition: EntryState;
    readonly verify: EntryState;
    readonly changes?: readonly ValueChange[];
  }[];
  readonly left: readonly Left[];
  readonly refusals: readonly string[];
  readonly result: RollbackResult;
  /** Of one that was begun: its id, how it ended in words, and its trace. */
  readonly id?: string;
  readonly why?: string;
  readonly trace_id?: string;
  /** The record of what stood there before: `godrift rollback --to` it undoes this one. */
  readonly replaced?: string;
}

const whats: Readonly<Record<Step['kind'], string>> = {
  'restore-file': 'write the approved content',
  'restore-link': 'point the link to where it led',
  'remove-file': 'remove the file, which was not there',
};

/** What a step means for each variable of the file. */
function valueChanges(
  { plan, before }: Prepared,
  { names = [], before: now, after }: Step,
): readonly ValueChange[] {
  const settings = (state: EntryState, from: ReadonlyMap<string, Uint8Array>) =>
    parseGoenv((state.kind === 'file' ? from.get(state.sha256) : undefined) ?? new Uint8Array()).effective;
  const [is, willBe] = [settings(now, before), settings(after, plan.contents)];
  const shown = (key: 'now' | 'then', name: string, value: string | undefined) =>
    value === undefined ? {} : { [key]: publicValue(name, value) };
  return names.map((name) => {
    const [now, then] = [is.get(name)?.value, willBe.get(name)?.value];
    const isHidden = now !== undefined && then !== undefined && now !== then;
    return {
      name,
      ...shown('now', name, now),
      ...shown('then', name, then),
      ...(isHidden && publicValue(name, now) === publicValue(name, then) ? { hidden: true as const } : {}),
    };
  });
}

/** The document of a plan. */
export function planDocument(prepared: Prepared, result: RollbackResult): PlanDocument {
  const { plan, kept, refusals, left } = prepared;
  const { time, who, why } = kept.record;
  return {
    schema: 'godrift.plan/1',
    target: plan.target,
    facet: plan.facet,
    plan: sha256Hex(JSON.stringify(plan.steps)),
    record: {
      id: kept.digest,
      time: new Date(time).toISOString(),
      approved: kept.record.replaced !== true,
      ...(who === undefined ? {} : { who }),
      ...(why === undefined ? {} : { why }),
    },
    steps: plan.steps.map((step) => ({
      kind: step.kind,
      what: whats[step.kind],
      path: step.path,
      precondition: step.before,
      verify: step.after,
      ...(step.names === undefined ? {} : { changes: valueChanges(prepared, step) }),
    })),
    left,
    refusals,
    result,
  };
}
