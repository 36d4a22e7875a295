/** The mise configuration files that apply in a directory, and the tools that they name. */
import path from 'node:path';
import { type MiseTool, parseMiseToml } from '../../go/mise-toml.ts';
import { stampOf } from '../../host/files.ts';
import { type Code, isOutside, readCode } from './code.ts';

/**
 * Configuration files of one directory, in mise's order of precedence (measured). `.tool-versions` comes
 * after all of them.
 */
export const miseTomls = [
  'mise.local.toml',
  '.mise.local.toml',
  '.mise.toml',
  'mise.toml',
  '.mise/config.toml',
  'mise/config.toml',
  '.config/mise.toml',
  '.config/mise/config.toml',
] as const;

/** The user and environment that determine the location of mise's global configuration. */
export interface MiseUser {
  readonly environment: ReadonlyMap<string, string>;
  readonly home: string;
}

/** Returns the path of the user's global configuration, which applies where no project file does. */
export function miseGlobalFile({ environment, home }: MiseUser): string {
  const config =
    environment.get('MISE_CONFIG_DIR') ||
    path.join(environment.get('XDG_CONFIG_HOME') || path.join(home, '.config'), 'mise');
  return environment.get('MISE_GLOBAL_CONFIG_FILE') || path.join(config, 'config.toml');
}

/** A tool, the file that names it, and the directory that the file applies to. */
export interface MiseToolAt extends MiseTool {
  readonly path: string;
  readonly directory: string;
}

/** What a project's files say. */
export interface MiseProject {
  readonly tools: readonly MiseToolAt[];
  /** The files that exist. */
  readonly present: readonly string[];
}

/** Such a file lists tools and tasks; the largest seen has 12 KB. */
const limit = 256 * 1024;

/**
 * Returns the tools that the files of a workspace and of the directories above it name, without the user's
 * global configuration. For each tool the nearest directory wins, and within it the first file. A file that
 * is invalid, unreadable or a symlink out of the code names nothing.
 */
export function readMiseProject(code: Code, workspace: string, user: MiseUser): MiseProject {
  const { root } = code;
  const tools = new Map<string, MiseToolAt>();
  const present: string[] = [];
  const global = miseGlobalFile(user);
  for (let here = workspace; here !== ''; here = here === '/' ? '' : path.dirname(here)) {
    for (const file of miseTomls.map((name) => path.join(here, name))) {
      if (file === global || stampOf({ root, path: file }) === undefined) continue;
      present.push(file);
      const read = readCode(code, file, limit);
      const own = read.ok && !isOutside(code, file, read.real);
      for (const tool of (own ? parseMiseToml(read.bytes.toString('utf8')) : undefined) ?? [])
        if (!tools.has(tool.name)) tools.set(tool.name, { ...tool, path: file, directory: here });
    }
  }
  return { tools: [...tools.values()], present };
}
