/**
 * Finds the target that a command records something for. An exporter chooses its own target names, and never
 * reads what is recorded under another one. So a running exporter is asked first, then the configuration if
 * one is named. Without either, a workspace is the target `default`, as in `serve`.
 */
import path from 'node:path';
import { AppError } from '../catalog/errors.ts';
import { configFileOption } from '../catalog/options.ts';
import { visible } from '../catalog/visible.ts';
import { sha256Hex } from '../host/digest.ts';
import { realPathOf } from '../host/files.ts';
import { type DiscoveryPass, namedTargetsOnly, passOf } from '../observe/discovery/discovery-pass.ts';
import { expandNow } from '../observe/discovery/finder.ts';
import type { TargetSettings } from '../observe/target.ts';
import { placesIn } from '../store/gone.ts';
import type { CheckDocument } from '../tell/reports/document.ts';
import { noPolicy, type RollbackPolicy } from '../undo/policy.ts';
import { type InspectOptions, stateDirectoryOf, targetOf } from './inspect.ts';
import { sayOtherNames } from './other-names.ts';
import { askExporter } from './record.ts';
import { plainTarget } from './settings/configured-targets.ts';
import { readSettings, type Settings } from './settings/settings.ts';
import { refineTarget } from './settings/workspace-file.ts';
import type { Terminal } from './terminal.ts';

export interface WhichOptions extends InspectOptions {
  /** The configuration of the exporter. */
  readonly configFile?: string;
}

/** A target, and the state directory of the exporter that observes it, or would. */
export interface Which {
  readonly target: TargetSettings;
  readonly stateDirectory: string;
  /** The rollback policy of the named configuration. */
  readonly policy: RollbackPolicy;
}

/**
 * Returns the state directory, and the targets of the configuration that the option or its variable names; no
 * targets if none is named. Throws AppError for an invalid configuration.
 */
export async function configuredState(
  terminal: Terminal,
  options: WhichOptions,
): Promise<Omit<Which, 'target'> & { readonly targets: readonly TargetSettings[] }> {
  const file = options.configFile ?? terminal.env.get(configFileOption.env) ?? '';
  if (file === '')
    return {
      stateDirectory: stateDirectoryOf(terminal, options),
      targets: [],
      policy: noPolicy,
    };
  const { stateDirectory: given } = options;
  const flags = { 'config.file': file, ...(given === undefined ? {} : { state_directory: given }) };
  const settings = await readSettings(flags, terminal.env, [], terminal.cwd);
  const stateDirectory = path.resolve(terminal.cwd, settings.stateDirectory);
  return {
    stateDirectory,
    targets: discoverTargets(settings, stateDirectory).targets,
    policy: settings.rollback,
  };
}

/**
 * Returns the targets that an exporter started now with this state directory would observe, both named ones and
 * those of patterns, and what it would leave out. Searches the file system once.
 */
export function discoverTargets(
  { targets, entries, targetLimit }: Settings,
  stateDirectory: string,
): DiscoveryPass {
  if (entries.length === 0) return namedTargetsOnly(targets);
  const { expansions } = expandNow({ entries, stateDirectory });
  const holders = { now: [], stored: placesIn(stateDirectory) };
  return passOf({ named: targets, entries, limit: targetLimit }, expansions, holders, sha256Hex);
}

/**
 * Asks the exporter of a state directory for its targets; undefined if none answers. An exporter of an
 * earlier version reports only names and workspaces.
 */
async function observedBy(stateDirectory: string): Promise<readonly TargetSettings[] | undefined> {
  const settings = await askExporter(stateDirectory, { method: 'GET', path: '/api/v1/settings' });
  if (!settings.ok) return undefined;
  if (settings.status === 200) return JSON.parse(settings.body) as readonly TargetSettings[];
  const states = await askExporter(stateDirectory, { method: 'GET', path: '/api/v1/targets' });
  if (!states.ok || states.status !== 200) return undefined;
  const documents = JSON.parse(states.body) as readonly CheckDocument[];
  return documents.map(({ target, workspace }) => plainTarget(target, workspace));
}

/**
 * Returns the targets of the running exporter, else those of the configuration that the option or its
 * variable names. Throws AppError for an invalid configuration.
 */
export async function observedTargets(
  terminal: Terminal,
  options: Pick<WhichOptions, 'stateDirectory' | 'configFile'>,
): Promise<readonly TargetSettings[]> {
  const { stateDirectory, targets } = await configuredState(terminal, options);
  return (await observedBy(stateDirectory)) ?? targets;
}

function isSameDirectory(one: string, other: string): boolean {
  if (one === other) return true;
  if (one === '' || other === '') return false;
  const real = realPathOf({ root: '/', path: one });
  return real !== undefined && real === realPathOf({ root: '/', path: other });
}

/** The target of a command, as seen from each source. */
interface ResolvedTarget extends Omit<Which, 'target'> {
  /** As an exporter or a configuration declares it; undefined where neither does. */
  readonly observed?: TargetSettings;
  /** As it is without either. */
  readonly plain: TargetSettings;
  readonly isRunning: boolean;
}

/**
 * Finds the target by a directory (by default the workspace of the working directory), a name, or both.
 * Throws AppError if several observed targets match, and whatever {@link targetOf} throws.
 */
async function resolveTarget(
  terminal: Terminal,
  directory: string | undefined,
  options: WhichOptions,
): Promise<ResolvedTarget> {
  const { stateDirectory, targets, policy } = await configuredState(terminal, options);
  const plain = await targetOf(terminal, directory, { ...options, stateDirectory });
  const running = await observedBy(stateDirectory);
  const known = running ?? targets;
  const named = known.filter((one) => options.target === undefined || one.name === options.target);
  const here = named.filter((one) => isSameDirectory(one.workspace, plain.workspace));
  // A given name is enough: no two targets share one.
  const found = here.length === 0 && options.target !== undefined && directory === undefined ? named : here;
  const [target, another] = found;
  if (another !== undefined)
    throw new AppError(
      'cannot tell which target is meant',
      `${found.map(({ name }) => visible(name)).join(', ')} observe ${visible(plain.workspace) || 'this host'}`,
      'name one of them with --target',
    );
  return {
    ...(target === undefined ? {} : { observed: await refineTarget(target) }),
    ...{ plain, stateDirectory, policy, isRunning: running !== undefined },
  };
}

/**
 * Returns the target that a command records something for ({@link resolveTarget}). Warns on stderr if no
 * exporter would read the record.
 */
export async function whichTarget(
  terminal: Terminal,
  directory: string | undefined,
  options: WhichOptions,
): Promise<Which> {
  const { observed, plain, isRunning, ...where } = await resolveTarget(terminal, directory, options);
  const { stateDirectory } = where;
  if (observed !== undefined) return { target: observed, ...where };
  if (isRunning)
    terminal.stderr.write(
      `godrift: the running exporter observes no target ${visible(plain.name)} in ${visible(plain.workspace) || 'this host'}: it will not read what is recorded here\n`,
    );
  else if (options.target === undefined) sayOtherNames(terminal, stateDirectory, plain);
  return { target: plain, ...where };
}

/**
 * Returns the target that a question is about. With `--target` it is the exporter's target with its
 * environment instead of this shell's; if this process cannot read that environment, a line on stderr says
 * so. Without `--target` the question is about this shell. Throws AppError like {@link whichTarget}.
 */
export async function askedTarget(
  terminal: Terminal,
  directory: string | undefined,
  options: WhichOptions,
): Promise<Pick<Which, 'target' | 'stateDirectory'>> {
  if (options.target === undefined)
    return {
      target: await targetOf(terminal, directory, options),
      stateDirectory: stateDirectoryOf(terminal, options),
    };
  const { observed, plain, isRunning, stateDirectory } = await resolveTarget(terminal, directory, options);
  const name = visible(options.target);
  const ofThisShell = (why: string) => {
    terminal.stderr.write(`godrift: ${why}: the answer is about the environment of this shell\n`);
    return { target: { ...(observed ?? plain), environment: { from: 'self' as const } }, stateDirectory };
  };
  if (observed === undefined)
    return ofThisShell(
      isRunning
        ? `the running exporter observes no target ${name} in ${visible(plain.workspace) || 'this host'}`
        : `no exporter runs and no configuration is named that observes ${name}`,
    );
  if (observed.environment.from === 'build')
    return ofThisShell(`the environment of ${name} is that of its builds, which the exporter alone sees`);
  if (observed.environment.from === 'self' && isRunning)
    return ofThisShell(`the environment of ${name} is that of the exporter itself`);
  return { target: observed, stateDirectory };
}
