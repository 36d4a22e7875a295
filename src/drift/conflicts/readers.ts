/**
 * Finds out which conflict rules read a variable, by running each rule on an environment that records
 * accesses. There is no hand-kept list that could go stale.
 */
import type { ConflictRule } from '../../catalog/rules.ts';
import type { EnvFacts, VariableFact } from '../model.ts';
import { conflictRuleTable } from './index.ts';
import type { World } from './rule.ts';

/** A map of variables that reports accesses to one of them. */
class NoticingMap extends Map<string, VariableFact> {
  readonly #name: string;
  readonly #notice: () => void;

  constructor(variables: ReadonlyMap<string, VariableFact>, name: string, notice: () => void) {
    super(variables);
    this.#name = name;
    this.#notice = notice;
  }

  override get(name: string): VariableFact | undefined {
    if (name === this.#name) this.#notice();
    return super.get(name);
  }

  override has(name: string): boolean {
    if (name === this.#name) this.#notice();
    return super.has(name);
  }
}

/**
 * Returns the environment with a callback for reads of the variable, or of the GOENV lines if one of them
 * sets it.
 */
function noticing(env: EnvFacts, name: string, notice: () => void): EnvFacts {
  const { lines } = env.goenv;
  const isSetThere = lines.some((line) => line.name === name);
  const goenv = {
    ...env.goenv,
    get lines() {
      if (isSetThere) notice();
      return lines;
    },
  };
  return { ...env, goenv, variables: new NoticingMap(env.variables, name, notice) };
}

/**
 * Returns the conflict rules that read a variable in this world, in catalogue order; empty if the environment
 * is not known.
 */
export function rulesThatRead(world: World, name: string): readonly ConflictRule[] {
  const { env } = world;
  if (env === undefined) return [];
  return conflictRuleTable.flatMap(([rule, holds]) => {
    let read = false;
    const watched = noticing(env, name, () => {
      read = true;
    });
    holds({ ...world, env: watched });
    return read ? [rule] : [];
  });
}
