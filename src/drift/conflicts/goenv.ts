/** Conflicts of the GOENV file (contract §3: goenv-ignored). */
import { variable } from '../../catalog/variables.ts';
import { removal } from '../goenv-lines.ts';
import type { EnvFacts, GoenvLine, VariableFact } from '../model.ts';
import type { Conflict, Rule, World } from './rule.ts';
import { originOf, takeAway } from './rule.ts';

/** Go reads what it can and says nothing of what it cannot (initEnvCache in cmd/go/internal/cfg/cfg.go). */
function goenvUnreadable(world: World, { path, problem }: EnvFacts['goenv']): Conflict {
  return {
    key: 'env.GOENV',
    ...originOf(world, 'GOENV'),
    summary: `${path} cannot be read (${problem ?? 'unknown why'}): go goes on without a word, and without its settings`,
    ...(originOf(world, 'GOENV').origin === undefined
      ? { repair: `make ${path} a file that the user may read` }
      : takeAway(world, 'GOENV')),
  };
}

/**
 * A line that the process environment overrules. The repair takes the line away, which changes no build: without the exported value, a line
 * that nobody remembers would come into force.
 */
function overruled(env: EnvFacts, { name, line, value }: GoenvLine, fact: VariableFact): Conflict {
  const { path } = env.goenv;
  const partly = name === 'GOROOT' ? ', yet go reads go.env of the tree that the line names' : '';
  return {
    key: `env.${name}`,
    origin: { kind: 'goenv', path, line },
    expected: value,
    actual: fact.value,
    summary: `line ${line} of ${path} sets ${name}, but the process environment wins${partly}`,
    repair: `remove line ${line} (${name}=…) from ${path} (or unset ${name}, where the line is what is meant)`,
    fix: removal(env, name, path, line),
  };
}

/** Lines of GOENV without effect. */
export const goenvIgnored: Rule = (world) => {
  const env = world.env;
  if (env?.goenv.state === 'unreadable') return [goenvUnreadable(world, env.goenv)];
  if (env?.goenv.state !== 'read') return [];
  const found: Conflict[] = env.goenv.ignored.map(({ line, why }) => ({
    key: 'env.GOENV',
    origin: { kind: 'goenv' as const, path: env.goenv.path, line },
    summary: `line ${line} of ${env.goenv.path} has no effect: ${why}`,
    repair: `correct or remove line ${line}`,
  }));
  for (const entry of env.goenv.lines) {
    const row = variable(entry.name);
    const origin = { kind: 'goenv' as const, path: env.goenv.path, line: entry.line };
    const fact = env.variables.get(entry.name);
    if (row === undefined && !/^CGO_/.test(entry.name)) {
      found.push({
        key: `env.${entry.name}`,
        origin,
        summary: `line ${entry.line} of ${env.goenv.path} sets ${entry.name}, which go does not know`,
        repair: `remove line ${entry.line} of ${env.goenv.path}`,
        fix: removal(env, entry.name, env.goenv.path, entry.line),
      });
    } else if (row?.processOnly === true) {
      found.push({
        key: `env.${entry.name}`,
        origin,
        summary: `line ${entry.line} of ${env.goenv.path} sets ${entry.name}, which go reads from the process environment only`,
        repair: `export ${entry.name} in the shell and remove the line`,
      });
    } else if (fact?.origin.kind === 'process' && fact.value !== entry.value) {
      found.push(overruled(env, entry, fact));
    }
  }
  return found;
};
