/** The targets of a configuration, and of the arguments of `serve`: those that are named, and entries whose targets are yet to be found. */
import path from 'node:path';
import { AppError } from '../../catalog/errors.ts';
import { isDirectory, isHidden, stampOf } from '../../host/files.ts';
import { findsTargets, type TargetEntry } from '../../observe/discovery/entries.ts';
import { isPattern, type PathPattern, parsePattern } from '../../observe/discovery/pattern.ts';
import type { TargetSettings } from '../../observe/target.ts';
import type { ConfiguredTarget } from './config-file.ts';
import { parseDuration } from './duration.ts';

export interface ConfiguredTargets {
  readonly targets: readonly TargetSettings[];
  readonly entries: readonly TargetEntry[];
}

/** A path, or the pattern that it is. Throws AppError for a pattern that cannot be used. */
function patternOr(file: string): PathPattern | string {
  if (!isPattern(file)) return file;
  const read = parsePattern(file);
  if (typeof read === 'string')
    throw new AppError(
      `cannot observe ${file}`,
      `the pattern ${read}`,
      'write one such as /src/* or /src/**',
    );
  return read;
}

/** What is said of an argument that is no directory: there is a file of that name, such as a go.mod, or nothing. */
export function noWorkspace(verb: string, given: string, file = given): AppError {
  const place = { root: '/', path: file };
  const isFile = stampOf(place) !== undefined;
  if (isHidden(place))
    return new AppError(
      `cannot ${verb} ${given}`,
      'permission denied',
      'let this user search the directories above it, or name another workspace',
    );
  return new AppError(
    `cannot ${verb} ${given}`,
    isFile ? 'it is a file' : 'no such directory',
    isFile
      ? `name the directory of the Go workspace, such as ${path.dirname(given)}`
      : 'name the directory of a Go workspace',
  );
}

/** The targets of the configuration; relative workspaces start at `base`. The configuration was checked already. */
export function configuredTargets(configured: readonly ConfiguredTarget[], base: string): ConfiguredTargets {
  const targets: TargetSettings[] = [];
  const entries: TargetEntry[] = [];
  for (const { name = '', workspace, go, pins, ...given } of configured) {
    const {
      confirm_within: confirm,
      confirm_command: command,
      environment,
      pool,
      baseline,
      required,
      tools,
    } = given;
    const where = workspace === undefined ? '' : path.resolve(base, workspace);
    const demanded = {
      ...(pins.go === undefined ? {} : { go: pins.go }),
      goMod: pins.go_mod,
      tools: pins.tools,
    };
    const settings = {
      environment,
      pool,
      baseline,
      pins: demanded,
      required,
      tools,
      ...(confirm === undefined ? {} : { confirmWithinMs: parseDuration(confirm) ?? 0 }),
      ...(command === undefined ? {} : { confirmCommand: command }),
    };
    const one = typeof go === 'string' && !isPattern(go) ? { go } : {};
    if (!findsTargets(workspace ?? '', go)) {
      targets.push({ name, workspace: where, ...one, ...settings });
      continue;
    }
    const several = go === undefined || 'go' in one ? {} : { go: [go].flat().map(patternOr) };
    entries.push({
      label: name,
      workspace: isPattern(workspace ?? '') ? patternOr(where) : where,
      ...several,
      settings: { ...settings, ...one },
    });
  }
  return { targets, entries };
}

/** Names for directories given on the command line: folder names made unique. */
function folderNames(directories: readonly string[]): readonly string[] {
  const seen = new Map<string, number>();
  return directories.map((directory) => {
    const name = path.basename(directory).replaceAll(/[^A-Za-z0-9._-]/g, '-') || 'root';
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    return count === 1 ? name : `${name}-${count}`;
  });
}

/** A target with everything as it is without configuration. */
export function plainTarget(name: string, workspace: string): TargetSettings {
  return {
    name,
    workspace,
    environment: { from: 'self' },
    pool: '',
    baseline: 'auto',
    pins: { goMod: 'floor', tools: {} },
    required: [],
    tools: [],
  };
}

/**
 * The targets of directories on the command line, absolute: a single one is `default`, several have the names of their folders. With `patterns` a
 * path with wildcards at which no directory stands finds targets; the names of several patterns begin with the folders above.
 */
export function namedDirectories(
  given: readonly string[],
  { patterns }: { readonly patterns: boolean },
): ConfiguredTargets {
  const isLiteral = (file: string) => isDirectory({ root: '/', path: file });
  const found = patterns ? given.filter((file) => isPattern(file) && !isLiteral(file)) : [];
  const directories = given.filter((file) => !found.includes(file));
  for (const directory of directories) if (!isLiteral(directory)) throw noWorkspace('observe', directory);
  const names = given.length === 1 ? ['default'] : folderNames(directories);
  const workspaces = found.map(patternOr).filter((one) => typeof one !== 'string');
  const labels = workspaces.length === 1 ? [''] : folderNames(workspaces.map(({ fixed }) => fixed));
  const { name: _, workspace: __, ...settings } = plainTarget('', '');
  return {
    targets: directories.map((directory, index) => plainTarget(names[index] as string, directory)),
    entries: workspaces.map((workspace, index) => ({ label: labels[index] as string, workspace, settings })),
  };
}
