/** The facet `context`: the surroundings of a target, as facts, as entries and for display. */

/** A variable for which the Go of an editor uses another value. Values are redacted. */
export interface EditorDifference {
  readonly name: string;
  /** `''` if the variable is not set and Go has no default. */
  readonly target: string;
  readonly theirs: string;
  /** Whether the editor's own environment sets it; otherwise only the target's does. */
  readonly set: boolean;
}

/** An editor that runs for the workspace, or its gopls. */
export interface EditorFact {
  readonly ide: string;
  readonly pid: number;
  /**
   * The process whose environment was read: the editor's gopls, which starts go with it, or the editor
   * itself.
   */
  readonly by: 'gopls' | 'editor';
  /**
   * Started from a desktop, an editor may read the environment of a login shell later, so what its own lacks
   * proves little.
   */
  readonly graphical: boolean;
  /** The go on the editor's PATH, if its version differs from the target's; `''` if there is none. */
  readonly go?: { readonly path: string; readonly version: string; readonly target: string };
  readonly differences: readonly EditorDifference[];
}

/** Facts about the surroundings. */
export interface ContextFacts {
  /** Facts of the host; each makes an entry. Keys without the `context.` prefix. */
  readonly facts: ReadonlyMap<string, string>;
  /** Facts of one session or pod, which change with it: shown, but never entries. */
  readonly session: ReadonlyMap<string, string>;
  readonly editors: readonly EditorFact[];
}

/** The surroundings for display. */
export interface ContextState {
  readonly session: Readonly<Record<string, string>>;
  readonly editors: readonly { readonly ide: string; readonly pid: number }[];
}

/** Returns the entries `context.<fact>`. */
export function contextEntries(facts: ContextFacts): [string, string][] {
  return [...facts.facts]
    .filter(([, value]) => value !== '')
    .map(([key, value]) => [`context.${key}`, value]);
}

/** Returns session and editors of a target. */
export function contextState({ session, editors }: ContextFacts): ContextState {
  return {
    session: Object.fromEntries(session),
    editors: editors.map(({ ide, pid }) => ({ ide, pid })),
  };
}
