/** `godrift waiver` and `godrift deployment`: add, remove and list exemptions. */
import { AppError } from '../../catalog/errors.ts';
import { facets, isFacet } from '../../catalog/facets.ts';
import { variable, variables } from '../../catalog/variables.ts';
import { visible, visibleJson } from '../../catalog/visible.ts';
import {
  graceUntil,
  isInForce,
  longestGraceSeconds,
  type MarkedDeployment,
  type TargetSelector,
  type Waiver,
} from '../../drift/exemptions.ts';
import { ruleNames, suggestedKeys, type WaiverScope, wholeKey, whyIdle } from '../../drift/waiver-scope.ts';
import { meantOr } from '../../explain/why/words.ts';
import { systemClock } from '../../host/machine.ts';
import { peekExemptions } from '../../store/exemptions.ts';
import { addWaiver, markDeployment, removeWaiver } from '../../store/record-exemption.ts';
import { type InspectOptions, stateDirectoryOf } from '../inspect.ts';
import { record, whoAmI } from '../record.ts';
import { parseDuration } from '../settings/duration.ts';
import { colorsFor, type Terminal } from '../terminal.ts';
import { configuredState, type WhichOptions, whichTarget } from '../which-target.ts';

/** Options that select targets. */
export interface SelectorOptions extends WhichOptions {
  /** A regular expression over target names. */
  readonly targetPattern?: string;
}

/** Options of `godrift waiver add`. */
export interface WaiverOptions extends SelectorOptions {
  readonly reason: string;
  readonly expires: string;
  readonly facet?: string;
  readonly rule?: string;
  readonly key?: string;
}

/**
 * Returns the selected targets and the state directory that records the exemption. A pattern selects by name;
 * a name alone selects that target in any workspace; a directory (by default the current one) selects one
 * target in this workspace only, under the given name or the exporter's name for it.
 */
async function selectorOf(
  terminal: Terminal,
  directory: string | undefined,
  options: SelectorOptions,
): Promise<{ readonly selector: TargetSelector; readonly stateDirectory: string }> {
  const { target, targetPattern } = options;
  const { stateDirectory } = await configuredState(terminal, options);
  if (targetPattern !== undefined) return { selector: { pattern: targetPattern }, stateDirectory };
  if (target !== undefined && directory === undefined) return { selector: { target }, stateDirectory };
  const which = await whichTarget(terminal, directory, options);
  const { name, workspace } = which.target;
  return { selector: { target: name, workspace }, stateDirectory: which.stateDirectory };
}

/** Describes a selector for messages. */
function describe({ target, pattern, workspace }: TargetSelector): string {
  const name = pattern === undefined ? (target ?? 'every target') : `targets like ${pattern}`;
  return visible(workspace ? `${name} (${workspace})` : name);
}

/**
 * Converts `--expires` to RFC 3339: a duration from now (`7d`), a date (its end, UTC) or a time with a zone.
 * Throws AppError for other text.
 */
function expiryOf(text: string, now: number): string {
  const duration = parseDuration(text);
  if (duration !== undefined) return new Date(now + duration).toISOString();
  const time = Date.parse(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T23:59:59Z` : text);
  if (Number.isNaN(time) || !/^\d{4}-\d\d-\d\d(T.+(Z|[+-]\d\d:\d\d))?$/.test(text))
    throw new AppError(
      `cannot use --expires ${visible(text)}`,
      'it is neither a duration nor a date',
      'write 7d, 2026-12-31 or 2026-12-31T18:00:00Z',
    );
  return new Date(time).toISOString();
}

/** How long an expired waiver is still listed, so that its end can be explained, ms. */
const listedAfterExpiryMs = 30 * 86_400_000;

const minute = (ms: number) => new Date(ms).toISOString().slice(0, 16).replace('T', ' ');

/**
 * Throws AppError for a scope that no finding can have, since such a waiver would be listed but have no
 * effect.
 */
function checkScope(scope: WaiverScope): void {
  const idle = whyIdle(scope);
  if (idle === undefined) return;
  const given = scope[idle.part] ?? '';
  const names: readonly string[] = { rule: ruleNames, key: suggestedKeys, facet: [] }[idle.part];
  throw new AppError(
    `cannot use --${idle.part} ${visible(given)}`,
    idle.why,
    meantOr(given, names.includes(given) ? [] : names, 'see what godrift check --json says of the finding'),
  );
}

/**
 * Warns on stderr that go has no such variable. The waiver may still have an effect: settings files that set
 * the variable are findings, and so is its absence if it is required.
 */
function sayUnknownVariable(terminal: Terminal, key: string): void {
  const name = key.startsWith('env.') && !key.endsWith('*') ? key.slice('env.'.length) : undefined;
  if (name === undefined || variable(name) !== undefined) return;
  const meant = meantOr(
    name,
    variables.map((row) => row.name),
    '',
  );
  terminal.stderr.write(
    `godrift: go has no variable ${visible(name)}: the waiver only covers findings that it is set, or required and missing${meant === '' ? '' : ` (${meant})`}\n`,
  );
}

/** Adds a waiver; returns 0. Throws AppError for invalid options. */
export async function runWaiverAdd(
  terminal: Terminal,
  directory: string | undefined,
  options: WaiverOptions,
): Promise<number> {
  const { reason, facet, rule } = options;
  const key = options.key === undefined ? undefined : wholeKey(options.key);
  if (facet !== undefined && !isFacet(facet))
    throw new AppError(
      `cannot use --facet ${visible(facet)}`,
      `it is none of ${facets.join(', ')}`,
      'correct it',
    );
  const scope: WaiverScope = {
    ...(facet === undefined ? {} : { facet }),
    ...(rule === undefined ? {} : { rule }),
    ...(key === undefined ? {} : { key }),
  };
  checkScope(scope);
  const { selector, stateDirectory } = await selectorOf(terminal, directory, options);
  const body = {
    ...selector,
    ...scope,
    reason,
    who: whoAmI(),
    expires: expiryOf(options.expires, systemClock()),
  };
  const waiver = await record<Waiver>(
    terminal,
    stateDirectory,
    'add the waiver',
    { method: 'POST', path: '/api/v1/waivers', body },
    (recorder) => addWaiver(recorder, body),
  );
  terminal.stdout.write(
    `waiver ${waiver.id}: ${scopeOf(waiver)} of ${describe(waiver)} until ${minute(waiver.expires)} UTC\n`,
  );
  if (key !== undefined) sayUnknownVariable(terminal, key);
  return 0;
}

function scopeOf({ facet, rule, key }: Waiver): string {
  const parts = [facet, rule, key].filter((part) => part !== undefined);
  return parts.length === 0 ? 'everything' : visible(parts.join(' '));
}

/** Removes a waiver; returns 0. Throws AppError if there is no such waiver. */
export async function runWaiverRemove(
  terminal: Terminal,
  id: string,
  options: InspectOptions,
): Promise<number> {
  const who = whoAmI();
  const waiver = await record<Waiver>(
    terminal,
    stateDirectoryOf(terminal, options),
    `remove waiver ${visible(id)}`,
    {
      method: 'DELETE',
      path: `/api/v1/waivers/${encodeURIComponent(id)}?who=${encodeURIComponent(who)}`,
    },
    (recorder) => removeWaiver(recorder, id, who),
  );
  terminal.stdout.write(`removed waiver ${waiver.id}: ${scopeOf(waiver)} of ${describe(waiver)}\n`);
  return 0;
}

function recorded(terminal: Terminal, options: InspectOptions) {
  const { value, problem } = peekExemptions(stateDirectoryOf(terminal, options));
  if (problem !== undefined) terminal.stderr.write(`godrift: ${visible(problem)}\n`);
  return value;
}

/** Prints the waivers, the next to expire first; returns 0. */
export function runWaiverList(
  terminal: Terminal,
  options: InspectOptions & { readonly json: boolean },
): number {
  const now = systemClock();
  const { waivers } = recorded(terminal, options);
  const sorted = waivers
    .filter((one) => one.expires > now - listedAfterExpiryMs)
    .sort((a, b) => a.expires - b.expires);
  if (options.json) {
    const shown = sorted.map(({ created, expires, ...rest }) => ({
      ...rest,
      created: new Date(created).toISOString(),
      expires: new Date(expires).toISOString(),
      expired: expires <= now,
    }));
    terminal.stdout.write(`${visibleJson(shown)}\n`);
    return 0;
  }
  const { dim, bold } = colorsFor(terminal);
  for (const one of sorted) {
    const ended = one.expires <= now;
    // Created by a clock that was ahead: the waiver is in force only from that time on.
    const from = ended || isInForce(one, now) ? '' : `from ${minute(one.created)} UTC `;
    const line = `${bold(one.id)}  ${from}${ended ? 'expired' : 'until'} ${minute(one.expires)} UTC  ${scopeOf(one)} of ${describe(one)}: ${visible(one.reason)} (${visible(one.who)})`;
    terminal.stdout.write(`${ended ? dim(line) : line}\n`);
  }
  if (sorted.length === 0) terminal.stdout.write('no waivers\n');
  return 0;
}

/** Marks a deployment, whose drift is expected until the grace period ends; returns 0. */
export async function runDeploymentMark(
  terminal: Terminal,
  directory: string | undefined,
  options: SelectorOptions & { readonly reason: string; readonly grace: string },
): Promise<number> {
  const grace = parseDuration(options.grace);
  if (grace === undefined || grace < 1000 || grace > longestGraceSeconds * 1000)
    throw new AppError(
      `cannot use --grace ${visible(options.grace)}`,
      `it is no duration between 1s and ${longestGraceSeconds / 60}m`,
      'write 15m, for example',
    );
  const { selector, stateDirectory } = await selectorOf(terminal, directory, options);
  const body = {
    ...selector,
    reason: options.reason,
    who: whoAmI(),
    grace_seconds: Math.floor(grace / 1000),
  };
  const deployment = await record<MarkedDeployment>(
    terminal,
    stateDirectory,
    'mark the deployment',
    { method: 'POST', path: '/api/v1/deployments', body },
    (recorder) => markDeployment(recorder, body),
  );
  terminal.stdout.write(
    `deployment ${deployment.id} of ${describe(deployment)}: its drift is expected until ${minute(graceUntil(deployment))} UTC\n`,
  );
  return 0;
}

/** Prints the newest deployment of each target, the newest first; returns 0. */
export function runDeploymentList(
  terminal: Terminal,
  options: InspectOptions & { readonly json: boolean },
): number {
  const now = systemClock();
  const sorted = [...recorded(terminal, options).deployments].sort((a, b) => b.time - a.time);
  if (options.json) {
    const shown = sorted.map(({ time, graceSeconds, ...rest }) => ({
      ...rest,
      time: new Date(time).toISOString(),
      grace_seconds: graceSeconds,
      in_grace: time + graceSeconds * 1000 > now,
    }));
    terminal.stdout.write(`${visibleJson(shown)}\n`);
    return 0;
  }
  for (const one of sorted) {
    const ended = graceUntil(one) <= now;
    terminal.stdout.write(
      `${one.id}  ${minute(one.time)} UTC  grace ${ended ? 'ended' : 'until'} ${minute(graceUntil(one))} UTC  ${describe(one)}: ${visible(one.reason)} (${visible(one.who)})\n`,
    );
  }
  if (sorted.length === 0) terminal.stdout.write('no deployments\n');
  return 0;
}
