/**
 * `godrift why`: finds the entry that a name refers to, and everything known about it. Pure: an observation
 * and the journal's history go in, a document comes out.
 */

import { entryKeys } from '../../catalog/entry-keys.ts';
import { AppError } from '../../catalog/errors.ts';
import { variable, variables } from '../../catalog/variables.ts';
import { visible } from '../../catalog/visible.ts';
import { type Baseline, sourceOf } from '../../drift/choose-baseline.ts';
import type { World } from '../../drift/conflicts/rule.ts';
import type { EnvironmentReading } from '../../drift/model.ts';
import { isSecretKey } from '../../drift/secret-entries.ts';
import { isShippedKey } from '../../drift/shipped-entries.ts';
import type { Entries } from '../../drift/snapshot.ts';
import type { PinState, TargetState } from '../../drift/state.ts';
import type { Explained, WhyDocument } from './model.ts';
import { explainModule, explainPlain, explainTool } from './others.ts';
import { rulesWhere } from './rules.ts';
import { explainProjectLine, explainToolchain, type ProjectKey, projectKeys } from './toolchain.ts';
import { explainVariable } from './variable.ts';
import { meantOr } from './words.ts';

/** Input from an observation. */
export interface WhyInput {
  readonly world: World;
  readonly entries: Entries;
  readonly pins: readonly PinState[];
  readonly environment: Pick<EnvironmentReading, 'source' | 'reason'>;
}

const isProjectKey = (key: string): key is ProjectKey => (projectKeys as readonly string[]).includes(key);

/** Explains an entry by its full key. */
function byKey({ world, entries, pins }: WhyInput, key: string): Explained | undefined {
  if (isSecretKey(key) || isShippedKey(key)) return undefined;
  if (isProjectKey(key)) return explainProjectLine(world, pins, key);
  const dot = key.indexOf('.');
  const rest = key.slice(dot + 1);
  switch (key.slice(0, Math.max(dot, 0))) {
    case 'env':
      return explainVariable(world, rest);
    case 'toolchain':
      return explainToolchain(world, entries, key);
    case 'tools':
      return explainTool(world, entries, rest);
    case 'modules':
      return explainModule(world, entries, rest);
    case 'cache':
    case 'context':
      return explainPlain(entries, key);
    default:
      return undefined;
  }
}

/** Explains an entry by a common name: a variable, `toolchain`, `go.mod`, a tool, a module. */
function byName(input: WhyInput, name: string): Explained | undefined {
  if (variable(name) !== undefined) return explainVariable(input.world, name);
  if (name === 'toolchain' || name === 'go') return byKey(input, 'toolchain.version');
  if (name === 'go.mod' || name === 'go.work') return byKey(input, `${name.replace('.', '_')}.go`);
  return explainTool(input.world, input.entries, name) ?? explainModule(input.world, input.entries, name);
}

/** Returns every name that can be explained. */
function names({ world, entries }: WhyInput): ReadonlySet<string> {
  return new Set([
    ...variables.map((row) => row.name),
    ...projectKeys,
    'toolchain',
    ...[...entries.keys()].filter((key) => !key.startsWith('env.')),
    ...entryKeys.map((one) => one.key).filter((key) => !key.includes('<')),
    ...(world.tools?.pins.map((pin) => `tools.${pin.name}`) ?? []),
  ]);
}

/** Returns why nothing is known about a variable that Go has. */
function unread({ world, environment }: WhyInput, name: string): AppError | undefined {
  if (variable(name.replace(/^env\./, '')) === undefined) return undefined;
  const missing = world.toolchain?.missing;
  const why = missing ?? `its environment could not be read: ${environment.source} ${environment.reason}`;
  return new AppError(`cannot explain ${visible(name)}`, why, 'see what godrift check says of the toolchain');
}

/** Finds the entry. Throws AppError with the closest names if there is none. */
export function explain(input: WhyInput, asked: string): Explained {
  const found = byKey(input, asked) ?? byName(input, asked);
  if (found !== undefined) return found;
  const blind = unread(input, asked);
  if (blind !== undefined) throw blind;
  throw new AppError(
    `cannot explain ${visible(asked)}`,
    'no variable, entry, tool or module has that name',
    meantOr(asked, names(input), 'see the keys of godrift snapshot'),
  );
}

/** Returns the pins about the entry: all that name a toolchain, or the line itself. */
function pinsFor({ key, origin }: Explained, pins: readonly PinState[]): WhyDocument['pins'] {
  const about = isProjectKey(key)
    ? pins.filter(({ path, line }) => path === origin?.path && line === origin.line)
    : key === 'toolchain.version' || key === 'env.GOTOOLCHAIN'
      ? pins
      : [];
  return about.map(({ source, kind, version, path, line, level }) => ({
    source,
    kind,
    version,
    path,
    line,
    level,
  }));
}

/** Returns the findings about the entry; for a project line, the findings that it causes. */
function findingsFor({ key, origin }: Explained, { findings }: TargetState): TargetState['findings'] {
  const own = findings.filter((one) => one.key === key);
  if (!isProjectKey(key)) return own;
  return findings.filter(
    (one) =>
      origin?.path !== undefined && one.origin?.path === origin.path && one.origin.line === origin.line,
  );
}

/** Returns the rules that read the entry, including those that found something about it. */
function rulesFor({ rules }: Explained, findings: WhyDocument['findings']): WhyDocument['rules'] {
  const known = new Set(rules.map(({ rule }) => rule));
  const found = rulesWhere(
    ({ rule }) => !known.has(rule) && findings.some((one) => one.kind === 'conflict' && one.rule === rule),
  );
  return [...rules, ...found];
}

/**
 * Returns the baseline of the entry, even if the observation found no difference: there may have been nothing
 * to compare.
 */
function baselineFor({ key, facet }: Explained, baseline: Baseline): WhyDocument['baseline'] {
  const { kind, source } = sourceOf(baseline, facet);
  if (kind === 'none') return { kind };
  const value = baseline.entries.get(facet)?.get(key);
  return { kind, source, ...(value === undefined ? {} : { value }) };
}

/** Returns the whole answer. `version` is godrift's. */
export function whyDocument(
  explained: Explained,
  { state, baseline }: { readonly state: TargetState; readonly baseline: Baseline },
  about: Pick<WhyDocument, 'version' | 'history' | 'history_omitted'>,
): WhyDocument {
  const { readBy, ...rest } = explained;
  const findings = findingsFor(explained, state);
  return {
    schema: 'godrift.why/1',
    time: new Date(state.time).toISOString(),
    version: about.version,
    target: state.target,
    workspace: state.workspace,
    environment: state.environmentSource,
    ...rest,
    read_by: readBy,
    baseline: baselineFor(explained, baseline),
    pins: pinsFor(explained, state.pins),
    rules: rulesFor(explained, findings),
    findings,
    ...(about.history === undefined ? {} : { history: about.history }),
    ...(about.history_omitted === undefined ? {} : { history_omitted: about.history_omitted }),
  };
}
