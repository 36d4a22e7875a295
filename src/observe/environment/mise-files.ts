/** The configuration files of mise that hold in a directory, and the tools that they name for it. */
import path from 'node:path';
import { type MiseTool, parseMiseToml } from '../../go/mise-toml.ts';
import { stampOf } from '../../host/files.ts';
import { type Code, isOutside, readCode } from './code.ts';

/** Files of one directory in the order in which mise lets them win, `.tool-versions` left out, which comes after them; measured. */
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

/** Who asks: what decides where mise has the user's own configuration. */
export interface MiseUser {
  readonly environment: ReadonlyMap<string, string>;
  readonly home: string;
}

/** The user's own configuration, which holds wherever no project says anything. */
export function miseGlobalFile({ environment, home }: MiseUser): string {
  const config =
    environment.get('MISE_CONFIG_DIR') ||
    path.join(environment.get('XDG_CONFIG_HOME') || path.join(home, '.config'), 'mise');
  return environment.get('MISE_GLOBAL_CONFIG_FILE') || path.join(config, 'config.toml');
}

/** A tool with the file that names it, and the directory for which that file stands. */
export interface MiseToolAt extends MiseTool {
  readonly path: string;
  readonly directory: string;
}

/** What a project's files say. */
export interface MiseProject {
  readonly tools: readonly MiseToolAt[];
  /** Those that are there. */
  readonly present: readonly string[];
}

/** Such a file names tools and tasks; the largest that we saw has 12 KB. */
const limit = 256 * 1024;

/**
 * What the files of a workspace and of the directories above it demand, the user's own configuration left out. For each tool the nearest
 * directory decides, and in it the first file; a file that is no TOML, cannot be read or is a link out of the code demands nothing.
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
