/**
 * Turns the targets of a configuration, or the arguments of `serve`, into named targets and entries with
 * patterns.
 */
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

/**
 * Parses a path with wildcards, and returns any other path unchanged. Throws AppError for an invalid pattern.
 */
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

/**
 * Returns the error for an argument that is not a directory: a file such as go.mod, a path that does not
 * exist, or one that permissions hide.
 */
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

/**
 * Returns the targets and patterns of a configuration that has passed its schema. Relative workspaces start
 * at `base`.
 */
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

/**
 * Returns a unique name for each directory on the command line: its base name, with a number added where two
 * are equal.
 */
function folderNames(directories: readonly string[]): readonly string[] {
  const seen = new Map<string, number>();
  return directories.map((directory) => {
    const name = path.basename(directory).replaceAll(/[^A-Za-z0-9._-]/g, '-') || 'root';
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    return count === 1 ? name : `${name}-${count}`;
  });
}

/** Returns a target with default settings. */
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
 * Returns the targets of the absolute directories on the command line. A single one is named `default`;
 * several are named after their folders. With `patterns`, a path with wildcards finds targets, unless a
 * directory of that literal name exists. With several patterns, the names of their targets begin with the
 * fixed part of the pattern.
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
