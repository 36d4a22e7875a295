/**
 * The plan document of contract §8. People see the same document: a digest of the steps ties the plan that
 * runs to the plan that was shown.
 */
import { parseGoenv } from '../../go/goenv.ts';
import { sha256Hex } from '../../host/digest.ts';
import type { EntryState } from '../../host/entry-state.ts';
import type { TreeState } from '../../host/tree-state.ts';
import { publicValue } from '../../observe/collectors/env/env.ts';
import { parseFetchSettings } from '../../undo/fetch-settings.ts';
import type { rollbackResults } from '../../undo/memory.ts';
import {
  type CacheStep,
  type EntryStep,
  type FetchStep,
  isEntryStep,
  isTreeStep,
  type Step,
} from '../../undo/step.ts';
import type { UnrestoredEntry } from '../../undo/unrestored.ts';
import type { Prepared } from './prepare.ts';

/** How a rollback ended. */
export type RollbackResult = (typeof rollbackResults)[number];

/**
 * The current and the planned value of one variable of a settings file, both redacted. A value is absent
 * where the variable is not set.
 */
export interface ValueChange {
  readonly name: string;
  readonly now?: string;
  readonly then?: string;
  /** The two values differ only in a part that may be secret and is redacted. */
  readonly hidden?: true;
}

/**
 * The state before or after a step. A step on the build cache describes it in words, because a file state
 * does not hold what matters there.
 */
export type ShownState = EntryState | TreeState | { readonly kind: 'entry'; readonly what: string };

/** Schema `godrift.plan/1`. */
export interface PlanDocument {
  readonly schema: 'godrift.plan/1';
  readonly target: string;
  readonly facet: string;
  /** SHA-256 of the steps, which identifies the plan. */
  readonly plan: string;
  /** The record that the values come from; absent where the plan restores none. */
  readonly record?: {
    readonly id: string;
    readonly time: string;
    /** False for a record of what an earlier rollback replaced. */
    readonly approved: boolean;
    readonly who?: string;
    readonly why?: string;
  };
  readonly steps: readonly {
    readonly kind: Step['kind'];
    readonly what: string;
    readonly path: string;
    readonly precondition: ShownState;
    readonly verify: ShownState;
    readonly changes?: readonly ValueChange[];
    /** The command that the step starts, and the variables that are set for it, redacted. */
    readonly runs?: { readonly argv: readonly string[]; readonly settings: readonly string[] };
  }[];
  readonly left: readonly UnrestoredEntry[];
  readonly refusals: readonly string[];
  readonly result: RollbackResult;
  /** Only of a rollback that was begun: its id, the outcome in words, and its trace. */
  readonly id?: string;
  readonly why?: string;
  readonly trace_id?: string;
  /** The record of the replaced state: `godrift rollback --to` with it undoes this rollback. */
  readonly replaced?: string;
  /** The deadline for a confirmation, RFC 3339. Without one the replaced state is restored then. */
  readonly confirm_by?: string;
  /** Only of a revert that was refused: the time of the next attempt, RFC 3339. */
  readonly retry_at?: string;
}

const whats: Readonly<Record<Step['kind'], string>> = {
  'restore-file': 'write the approved content',
  'restore-link': 'restore the target of the link',
  'remove-file': 'remove the file, which did not exist',
  'replace-tree': 'replace the directory with the downloaded files',
  'make-tree': 'unpack the downloaded files into the directory',
  'fetch-zip': 'download the approved release with go',
  'drop-action': 'remove the action entry, so that go builds again',
  'drop-output': 'remove the output, so that nothing is linked with it',
  'drop-irregular': 'remove what is in the place of a cache file or folder',
};

/** Describes a step in words: `write the approved content (/home/ann/.config/go/env)`. */
export const stepWords = ({ kind, path }: Pick<Step, 'kind' | 'path'>): string => `${whats[kind]} (${path})`;

/** Returns the change that a step makes to each variable of its file. */
function valueChanges(
  { plan, before }: Prepared,
  { names = [], before: now, after }: EntryStep,
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

function cacheStates(step: CacheStep): { readonly precondition: ShownState; readonly verify: ShownState } {
  const gone = { kind: 'absent' } as const;
  switch (step.kind) {
    case 'drop-action':
      return { precondition: entry(`an action entry that leads to ${step.output}`), verify: gone };
    case 'drop-output':
      return {
        precondition: entry(`an output of ${step.size} bytes whose content does not match its name`),
        verify: gone,
      };
    case 'drop-irregular':
      return { precondition: entry('not a file or folder of a build cache'), verify: gone };
  }
}

const entry = (what: string) => ({ kind: 'entry', what }) as const;

function fetchStates({ plan }: Prepared, { module, version, approved, go, settings }: FetchStep) {
  const given = parseFetchSettings(plan.contents.get(settings) ?? new Uint8Array());
  return {
    precondition: { kind: 'absent' } as const,
    verify: entry(`a zip of files that have the approved digest ${approved}`),
    runs: {
      argv: [go, 'mod', 'download', `${module}@${version}`],
      settings: [...given].map(([name, value]) => `${name}=${publicValue(name, value)}`),
    },
  };
}

function shownStep(prepared: Prepared, step: Step): PlanDocument['steps'][number] {
  const about = { kind: step.kind, what: whats[step.kind], path: step.path };
  if (step.kind === 'fetch-zip') return { ...about, ...fetchStates(prepared, step) };
  if (isTreeStep(step)) {
    const { before, after } = step;
    const verify =
      after.kind === 'tree'
        ? after
        : entry(`a directory whose files have the approved digest ${after.digest}`);
    return { ...about, precondition: before, verify };
  }
  if (!isEntryStep(step)) return { ...about, ...cacheStates(step) };
  return {
    ...about,
    precondition: step.before,
    verify: step.after,
    ...(step.names === undefined ? {} : { changes: valueChanges(prepared, step) }),
  };
}

function shownRecord({ kept }: Prepared): Pick<PlanDocument, 'record'> {
  if (kept === undefined) return {};
  const { time, who, why, replaced } = kept.record;
  return {
    record: {
      id: kept.digest,
      time: new Date(time).toISOString(),
      approved: replaced !== true,
      ...(who === undefined ? {} : { who }),
      ...(why === undefined ? {} : { why }),
    },
  };
}

/** Builds the document of a plan. */
export function planDocument(prepared: Prepared, result: RollbackResult): PlanDocument {
  const { plan, refusals, left } = prepared;
  return {
    schema: 'godrift.plan/1',
    target: plan.target,
    facet: plan.facet,
    plan: sha256Hex(JSON.stringify(plan.steps)),
    ...shownRecord(prepared),
    steps: plan.steps.map((step) => shownStep(prepared, step)),
    left,
    refusals,
    result,
  };
}
