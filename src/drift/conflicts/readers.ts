/** Which conflict rules look at a variable: found out by letting each rule look, so that no list of it can go stale. */
import type { ConflictRule } from '../../catalog/rules.ts';
import type { EnvFacts, VariableFact } from '../model.ts';
import { conflictRuleTable } from './index.ts';
import type { World } from './rule.ts';

/** Variables that notice whether one of them is asked for. */
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

/** The environment with a notice of whoever reads the variable, or the lines of GOENV where one of them sets it. */
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

/** The conflict rules that look at a variable in this world, in the order of the catalogue; none where the environment is not known. */
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
