/** The files of a project that are links out of the code: go follows them, and nothing of them but go lines is read. */
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
 * Directories that a go.work uses, or that modules are replaced by: many times the 34 of Kubernetes. A project with more has no modules for
 * godrift (observe/collectors/modules/project.ts), so nothing of the others is read.
 */
export const directoryLimit = 2_000;

/** Others get their turn after so many directories; a go.work may name hundreds. */
const turn = 100;

/**
 * A text with the go and toolchain lines of a go.mod or go.work, where they stand, and nothing else of it: by them go chooses the toolchain of
 * a build here. What is no version is left out.
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

/** In the place of what go says of a line that may not be quoted. */
const notUnderstood = 'not understood; not quoted, as the file is a link to one of another kind';

/** What was parsed without words of the file in its problems. */
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

/** Directories that a project's files name, used by go.work or in place of a module, with the code by the rights of whoever may write to that file. */
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

/** What go, a version manager or a developer writes to in a workspace; a link there that leads nowhere is not found by what it leads to. */
const projectNames = [
  'go.mod',
  'go.sum',
  'go.work',
  'go.work.sum',
  '.go-version',
  '.tool-versions',
  ...miseTomls,
];

/** Those of a project's files, version files included, that lead out of the code. */
export async function linkedOut(
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
