/**
 * Handles project files that are symlinks out of the code. Go follows such symlinks; godrift reads only the
 * go lines of their targets.
 */
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type GoMod, type ModFileProblem, missingModule, scanGoLines } from '../../go/gomod.ts';
import type { GoWork } from '../../go/gowork.ts';
import { isValidGoVersion } from '../../go/version.ts';
import { type Code, codeNamedBy, leadsOut, leadsOutNamed } from './code.ts';
import { miseTomls } from './mise-files.ts';
import type { ProjectSource } from './project-source.ts';

const toolchainName = /^(default|go\d+(\.\d+)*((rc|beta)\d+)?)$/;
/**
 * Most directories that are considered of those that a go.work uses or that replace modules: many times the
 * 34 of Kubernetes. The modules of a larger project are not read at all
 * (observe/collectors/modules/project.ts).
 */
export const directoryLimit = 2_000;

/** Number of directories after which the event loop gets a turn; a go.work may name hundreds. */
const turn = 100;

/**
 * Returns a text with nothing but the go and toolchain lines of a go.mod or go.work, at their original line
 * numbers. Go chooses the toolchain by these lines. Invalid versions are left out.
 */
export function goLinesAlone(text: string): string {
  const { go, goLine, toolchain, toolchainLine } = scanGoLines(text);
  const kept = new Map<number, string>();
  if (go !== undefined && goLine !== undefined && isValidGoVersion(go)) kept.set(goLine, `go ${go}`);
  if (toolchain !== undefined && toolchainLine !== undefined && toolchainName.test(toolchain))
    kept.set(toolchainLine, `toolchain ${toolchain}`);
  const last = Math.max(0, ...kept.keys());
  return Array.from({ length: last }, (_, index) => `${kept.get(index + 1) ?? ''}\n`).join('');
}

/** Replaces the text of a problem that would quote a line. */
const notUnderstood = 'not understood; not quoted because the file is a symlink to a file of another kind';

/** Returns the parse result with problems that quote nothing from the file. */
export function unquoted<T extends object>(parsed: T): T {
  if (!('problems' in parsed)) return parsed;
  const problems = parsed.problems as readonly ModFileProblem[];
  return {
    ...parsed,
    problems: problems.map(({ line, text }) => ({
      line,
      text: text === missingModule ? text : notUnderstood,
    })),
  };
}

interface Project {
  readonly gomod?: ProjectSource<GoMod>;
  readonly gowork?: ProjectSource<GoWork>;
}

/**
 * Returns the directories that the project's files name, by go.work or as replacements, each with the code
 * that includes everybody who may write to the naming file.
 */
function namedDirectories(code: Code, { gomod, gowork }: Project): ReadonlyMap<string, Code> {
  const named = new Map<string, Code>();
  const add = (file: string, names: readonly string[]) => {
    if (names.length === 0) return;
    const by = codeNamedBy(code, [file]);
    for (const name of names) {
      const directory = path.resolve(path.dirname(file), name);
      if (named.size < directoryLimit && !named.has(directory)) named.set(directory, by);
    }
  };
  if (gowork !== undefined)
    add(
      gowork.path,
      gowork.file.use.map((one) => one.path),
    );
  for (const one of [gomod, gowork])
    if (one !== undefined)
      add(
        one.path,
        one.file.replace.filter(({ newVersion }) => newVersion === undefined).map(({ newPath }) => newPath),
      );
  return named;
}

/**
 * Files that `go`, version managers or developers write in a workspace. They are checked by name, because a
 * dangling symlink is not found through its target.
 */
const projectNames = [
  'go.mod',
  'go.sum',
  'go.work',
  'go.work.sum',
  '.go-version',
  '.tool-versions',
  ...miseTomls,
];

/** Returns the project's files, including version files, that are symlinks out of the code. */
export async function outsideLinks(
  code: Code,
  project: Project,
  versionFiles: readonly string[],
): Promise<readonly string[]> {
  const { gomod, gowork } = project;
  const [workspace] = code.directories;
  const named = workspace === undefined ? [] : projectNames.map((name) => path.join(workspace, name));
  const files: string[] = [...versionFiles, ...named];
  for (const one of [gomod, gowork]) if (one !== undefined) files.push(one.path);
  if (gomod !== undefined) files.push(gomod.path.replace(/\.mod$/, '.sum'));
  if (gowork !== undefined) files.push(`${gowork.path}.sum`);
  for (const one of [gomod, gowork])
    if (one !== undefined) files.push(path.join(path.dirname(one.path), 'vendor/modules.txt'));
  const found = new Set(files.filter((file) => leadsOut(code, file)));
  let looked = 0;
  for (const [directory, by] of namedDirectories(code, project)) {
    for (const name of ['go.mod', 'go.sum'])
      if (leadsOutNamed(by, path.join(directory, name))) found.add(path.join(directory, name));
    if (++looked % turn === 0) await nextTurn();
  }
  return [...found];
}
