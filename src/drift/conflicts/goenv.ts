/** Conflicts of the GOENV file (contract §3: goenv-ignored). */
import { variable } from '../../catalog/variables.ts';
import { removal } from '../goenv-lines.ts';
import type { EnvFacts, GoenvLine, VariableFact } from '../model.ts';
import type { Conflict, Rule, World } from './rule.ts';
import { originOf, settingOf, takeAway } from './rule.ts';

/** Go silently ignores a GOENV file that it cannot read (initEnvCache in cmd/go/internal/cfg/cfg.go). */
function goenvUnreadable(world: World, { path, problem }: EnvFacts['goenv']): Conflict {
  return {
    key: 'env.GOENV',
    ...originOf(world, 'GOENV'),
    summary: `${path} cannot be read (${problem ?? 'unknown why'}): go silently continues without its settings`,
    ...(originOf(world, 'GOENV').origin === undefined
      ? { repair: `make ${path} a file that the user may read` }
      : takeAway(world, 'GOENV')),
  };
}

/**
 * Describes a line that the process environment overrides. The repair removes the line, which changes no
 * build; if the exported value went away, a forgotten line would come into force.
 */
function overruled(env: EnvFacts, { name, line, value }: GoenvLine, fact: VariableFact): Conflict {
  const { path } = env.goenv;
  const partly = name === 'GOROOT' ? ', yet go reads go.env of the tree that the line names' : '';
  return {
    key: `env.${name}`,
    origin: { kind: 'goenv', path, line },
    expected: value,
    actual: settingOf(fact),
    summary: `line ${line} of ${path} sets ${name}, but the process environment wins${partly}`,
    repair: `remove line ${line} (${name}=…) from ${path} (or unset ${name}, where the line is what is meant)`,
    fix: removal(env, name, path, line),
  };
}

/**
 * Most lines to report individually. Beyond that their number is enough, and the repair of each reported line
 * must be simulated.
 */
const toldLines = 20;

/** Returns why a line that go accepts has no effect; undefined if it has one. */
function whyWithout(
  env: EnvFacts,
  { name, value }: GoenvLine,
): 'unknown' | 'process-only' | 'overruled' | undefined {
  const row = variable(name);
  if (row === undefined && !/^CGO_/.test(name)) return 'unknown';
  if (row?.processOnly === true) return 'process-only';
  const fact = env.variables.get(name);
  return fact?.origin.kind === 'process' && settingOf(fact) !== value ? 'overruled' : undefined;
}

function withoutEffect(
  env: EnvFacts,
  entry: GoenvLine,
  why: NonNullable<ReturnType<typeof whyWithout>>,
): Conflict {
  const { name, line } = entry;
  const { path } = env.goenv;
  const about = { key: `env.${name}`, origin: { kind: 'goenv' as const, path, line } };
  switch (why) {
    case 'unknown':
      return {
        ...about,
        summary: `line ${line} of ${path} sets ${name}, which go does not know`,
        repair: `remove line ${line} of ${path}`,
        fix: removal(env, name, path, line),
      };
    case 'process-only':
      return {
        ...about,
        summary: `line ${line} of ${path} sets ${name}, which go reads from the process environment only`,
        repair: `export ${name} in the shell and remove the line`,
      };
    case 'overruled':
      return overruled(env, entry, env.variables.get(name) as VariableFact);
  }
}

/** Reports lines of GOENV that have no effect. */
export const goenvIgnored: Rule = (world) => {
  const env = world.env;
  if (env?.goenv.state === 'unreadable') return [goenvUnreadable(world, env.goenv)];
  if (env?.goenv.state !== 'read') return [];
  const { path, ignored, lines } = env.goenv;
  const found: Conflict[] = ignored.slice(0, toldLines).map(({ line, why }) => ({
    key: 'env.GOENV',
    origin: { kind: 'goenv' as const, path, line },
    summary: `line ${line} of ${path} has no effect: ${why}`,
    repair: `correct or remove line ${line}`,
  }));
  const idle = lines.flatMap((entry) => {
    const why = whyWithout(env, entry);
    return why === undefined ? [] : [{ entry, why }];
  });
  found.push(...idle.slice(0, toldLines).map(({ entry, why }) => withoutEffect(env, entry, why)));
  const untold = [ignored, idle].reduce((sum, { length }) => sum + Math.max(0, length - toldLines), 0);
  if (untold > 0)
    found.push({
      key: 'env.GOENV',
      origin: { kind: 'goenv', path },
      summary: `${untold} more lines of ${path} have no effect`,
      repair: `find out what writes ${path}, and remove the lines`,
    });
  return found;
};
