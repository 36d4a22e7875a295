/**
 * Explains why a variable of Go's environment has its value: all layers, the default, who reads it, and how
 * to set and unset it.
 */
import { defaultSource } from '../../catalog/default-sources.ts';
import { ruleRow } from '../../catalog/rules.ts';
import { type VariableRow, variable } from '../../catalog/variables.ts';
import { factAfter } from '../../drift/after-repair.ts';
import { rulesThatRead } from '../../drift/conflicts/readers.ts';
import { settingOf, unset, unsetFix, type World } from '../../drift/conflicts/rule.ts';
import type { EnvFacts, Origin, VariableFact } from '../../drift/model.ts';
import { shippedNames } from '../../go/defaults.ts';
import type { Explained, WhyDefault, WhyLayer, WhyWay } from './model.ts';
import { placeText } from './words.ts';

/**
 * Returns the lines of the GOENV file that set the variable without effect: a later line wins, or go does not
 * read the variable there.
 */
function passedOverLines(env: EnvFacts, fact: VariableFact, row: VariableRow | undefined): WhyLayer[] {
  const { goenv } = env;
  const counted = [{ origin: fact.origin }, ...fact.shadows].find(({ origin }) => origin.kind === 'goenv');
  return goenv.lines
    .filter(({ name, line }) => name === fact.name && line !== counted?.origin.line)
    .map(({ line, value }) => ({
      origin: { kind: 'goenv', path: goenv.path, line },
      value,
      state: 'passed-over',
      note:
        row?.processOnly === true
          ? 'go reads it from the process environment alone'
          : row?.entry === false
            ? 'not a setting: go only reports it'
            : 'a later line of the file counts',
    }));
}

/** Returns Go's default as the last layer; undefined if a line of `$GOROOT/go.env` takes its place. */
function defaultLayer(fact: VariableFact): WhyLayer | undefined {
  const isDefault = fact.origin.kind === 'default' || fact.origin.kind === 'file';
  const fromFile = [fact, ...fact.shadows].some(({ origin }) => origin.kind === 'goroot');
  if (fact.default === undefined && !isDefault) return undefined;
  if (!isDefault && fromFile && shippedNames.has(fact.name)) return undefined;
  return {
    origin: isDefault ? fact.origin : { kind: 'default' },
    value: isDefault ? fact.value : (fact.default ?? ''),
    state: isDefault ? 'in-force' : 'hidden',
  };
}

/** Returns all layers, highest first: the process, GOENV, go.env, Go's default; then lines without effect. */
function layersOf(env: EnvFacts, fact: VariableFact, row: VariableRow | undefined): readonly WhyLayer[] {
  const isDefault = fact.origin.kind === 'default' || fact.origin.kind === 'file';
  const own: WhyLayer[] = isDefault
    ? []
    : [
        {
          origin: fact.origin,
          value: settingOf(fact),
          state: 'in-force',
          ...(fact.written === undefined ? {} : { note: `go makes ${fact.value || 'no value'} of it` }),
        },
      ];
  // A value that comes before the default but is not in force is one that go ignores: CGO_ENABLED=yes,
  // GOWORK=auto.
  const below = fact.shadows.map(
    ({ origin, value }, index): WhyLayer => ({
      origin,
      value,
      ...(isDefault && (index === 0 || value === '')
        ? { state: 'passed-over', note: value === '' ? 'no value' : 'go takes it for nothing' }
        : { state: 'hidden' }),
    }),
  );
  const last = defaultLayer(fact);
  const settled = isDefault && last !== undefined ? [...below, last] : [...own, ...below];
  const rest = !isDefault && last !== undefined ? [last] : [];
  return [...settled, ...rest, ...passedOverLines(env, fact, row)];
}

function defaultOf(fact: VariableFact): WhyDefault | undefined {
  const value = fact.default ?? (fact.origin.kind === 'default' ? fact.value : undefined);
  return value === undefined ? undefined : { value, from: defaultSource(fact.name) };
}

/** Returns which go reads the variable, and since which version. */
function readers({ toolchain }: World, row: VariableRow | undefined): readonly string[] {
  const { local, selection } = toolchain ?? {};
  const since = row?.since === undefined ? '' : `, which reads it since ${row.since}`;
  const go =
    local === undefined ? [] : [`go${selection?.effective || local.version} (${local.path})${since}`];
  const where =
    row?.processOnly === true
      ? ['the process environment alone: a line in GOENV changes nothing']
      : row?.entry === false
        ? ['nothing: go only reports it']
        : [];
  return [...go, ...where];
}

/** Describes what is in force once the top layer is removed. */
function afterUnset(world: World, fact: VariableFact): string {
  const { fix } = unsetFix(world, fact.name);
  const after = fix === undefined || world.env === undefined ? undefined : factAfter(world.env, fix);
  if (after === undefined) return 'what stands below it is in force then';
  const value = after.value === '' ? 'no value' : after.value;
  return `then ${value} is in force (${after.origin.kind === 'default' ? 'the default' : placeText(after.origin)})`;
}

function waysToUnset(world: World, fact: VariableFact): readonly WhyWay[] {
  const { kind } = fact.origin;
  if (kind !== 'process' && kind !== 'goenv') return [];
  return [{ what: unset(world, fact.name), effect: afterUnset(world, fact) }];
}

const inGoenv = (origin: Origin) => origin.kind === 'goenv';

/** Returns how to set it for this shell and for this user, and what overrides the latter. */
function waysToSet(env: EnvFacts, fact: VariableFact, row: VariableRow | undefined): readonly WhyWay[] {
  if (row?.entry === false && row.processOnly !== true) return [];
  const { name } = fact;
  const process: WhyWay = {
    what: `export ${name}=VALUE`,
    effect: 'for what this shell starts; it hides every file',
  };
  if (row?.processOnly === true || env.goenv.state === 'off') return [process];
  const hidden =
    fact.origin.kind === 'process' ? '; the process environment hides it while it is set there' : '';
  const file = env.goenv.path;
  const user: WhyWay =
    row?.goenvWritable === false
      ? {
          what: `write ${name}=VALUE into ${file}`,
          effect: `for this user (go env -w refuses the name)${hidden}`,
        }
      : { what: `go env -w ${name}=VALUE`, effect: `for this user, in ${file}${hidden}` };
  const isThere = [fact, ...fact.shadows].some(({ origin }) => inGoenv(origin));
  return [process, isThere ? { ...user, effect: `${user.effect}, in place of what is there` } : user];
}

/** Variables that go reads from a file that godrift does not read; only their default is known. */
const unreadFiles: Readonly<Record<string, string>> = {
  GOTELEMETRY: 'go reads it from the file mode in GOTELEMETRYDIR, and godrift does not: ask go telemetry',
};

/** Variables that go computes for each command and that cannot be set. */
const madeByGo: Readonly<Record<string, string>> = {
  GOGCCFLAGS:
    'go makes it for each command, of the C compiler, CGO_CFLAGS, the platform and a folder for temporary files: no setting, and no entry of a snapshot',
};

/** Explains a variable that go computes; undefined for any other. */
function explainMade({ toolchain }: World, name: string): Explained | undefined {
  const because = madeByGo[name];
  if (because === undefined || toolchain?.missing !== undefined) return undefined;
  const readBy = ['nothing: go only reports it'];
  return { key: `env.${name}`, facet: 'env', because, layers: [], readBy, rules: [], set: [], unset: [] };
}

/** Explains a variable; undefined if the variables were not read. */
export function explainVariable(world: World, name: string): Explained | undefined {
  const { env } = world;
  const fact = env?.variables.get(name);
  if (env === undefined || fact === undefined) return explainMade(world, name);
  const row = variable(name);
  const usual = defaultOf(fact);
  const unread = unreadFiles[name];
  return {
    key: `env.${name}`,
    facet: 'env',
    ...(unread === undefined ? { value: fact.value, origin: fact.origin } : { because: unread }),
    layers: unread === undefined ? layersOf(env, fact, row) : [],
    ...(usual === undefined ? {} : { default: usual }),
    readBy: readers(world, row),
    rules: rulesThatRead(world, name).map((rule) => {
      const { level, holds } = ruleRow(rule);
      return { rule, level, holds };
    }),
    set: waysToSet(env, fact, row),
    unset: waysToUnset(world, fact),
  };
}
