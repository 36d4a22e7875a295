/** The facet `context`: the surroundings of a target, as facts, as entries and for people. */

/** A variable for which an editor's Go would take another value. Values are redacted. */
export interface EditorDifference {
  readonly name: string;
  /** `''` where nothing is set and Go has no default. */
  readonly target: string;
  readonly theirs: string;
  /** The editor's own environment sets it; otherwise only the target's does. */
  readonly set: boolean;
}

/** An editor that runs for the workspace, or a gopls of one. */
export interface EditorFact {
  readonly ide: string;
  readonly pid: number;
  /** Whose environment was read: the gopls of this editor, which starts go in it, or the editor itself. */
  readonly by: 'gopls' | 'editor';
  /** Started from a desktop, it may read a login shell's environment later: what its own lacks proves little. */
  readonly graphical: boolean;
  /** The go that answers on its PATH, where that is another version than the target's; `''` when none answers. */
  readonly go?: { readonly path: string; readonly version: string; readonly target: string };
  readonly differences: readonly EditorDifference[];
}

/** What is known of the surroundings. */
export interface ContextFacts {
  /** What belongs to the host: each is an entry, keys without the `context.` prefix. */
  readonly facts: ReadonlyMap<string, string>;
  /** What belongs to one session or one pod and changes with it: told, and never an entry. */
  readonly session: ReadonlyMap<string, string>;
  readonly editors: readonly EditorFact[];
}

/** The surroundings for people. */
export interface ContextState {
  readonly session: Readonly<Record<string, string>>;
  readonly editors: readonly { readonly ide: string; readonly pid: number }[];
}

/** Entries `context.<fact>`. */
export function contextEntries(facts: ContextFacts): [string, string][] {
  return [...facts.facts]
    .filter(([, value]) => value !== '')
    .map(([key, value]) => [`context.${key}`, value]);
}

/** Session and editors of a target. */
export function contextState({ session, editors }: ContextFacts): ContextState {
  return {
    session: Object.fromEntries(session),
    editors: editors.map(({ ide, pid }) => ({ ide, pid })),
  };
}
