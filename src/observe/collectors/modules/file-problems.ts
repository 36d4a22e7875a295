/**
 * Collects the errors that `go` reports about go.mod and go.work themselves, before it loads any module, with
 * the rules of src/go/project-problems.ts.
 */
import path from 'node:path';
import type { FileProblem } from '../../../drift/facets/modules.ts';
import type { Godebugs } from '../../../go/goroot-source.ts';
import {
  conflictingReplacements,
  contradictingReplacements,
  droppedToolchainProblems,
  godebugProblems,
  modfileTooNew,
  modulePathProblems,
  shortVersionProblems,
  toolPathProblems,
  type UsedModule,
  unknownDirectives,
  workProblems,
} from '../../../go/project-problems.ts';
import { quoted } from '../../../go/quoted.ts';
import type { ModuleProject } from './project.ts';

/** Returns the errors in the project's own files. */
export function fileProblems(project: ModuleProject, godebugs: Godebugs | undefined): readonly FileProblem[] {
  const { work, mains, goVersion, sums } = project;
  const at = (file: string) => (problem: { readonly line: number; readonly text: string }) => ({
    path: file,
    line: problem.line,
    text: quoted(problem.text),
  });
  const unreadable = ({ path: file, problem }: { readonly path: string; readonly problem?: string }) =>
    problem === undefined ? [] : [{ path: file, line: 0, text: problem }];
  const used = (work?.content.use ?? []).map(({ path: use, line }): UsedModule => {
    const directory = path.resolve(work?.directory ?? '/', use);
    const main = mains.find((one) => one.directory === directory);
    const present = main !== undefined && main.mod.digest !== '';
    return { use, line, directory, ...(present ? { mod: main.mod.content } : {}) };
  });
  return [
    ...(work === undefined
      ? []
      : [
          ...unreadable(work),
          ...work.content.problems.map(at(work.path)),
          ...unknownDirectives(work.content, goVersion).map(at(work.path)),
          ...godebugProblems(work.content.godebug, goVersion, godebugs).map(at(work.path)),
          ...workProblems(work.content, used).map(at(work.path)),
          ...contradictingReplacements(work.content, used, path.resolve).map(at(work.path)),
        ]),
    ...mains
      .filter(({ mod }) => mod.digest !== '')
      .flatMap(({ mod }) => [
        ...unreadable(mod),
        ...(mod.problem === undefined ? mod.content.problems : []).map(at(mod.path)),
        ...unknownDirectives(mod.content, goVersion).map(at(mod.path)),
        ...modulePathProblems(mod.content).map(at(mod.path)),
        ...toolPathProblems(mod.content).map(at(mod.path)),
        ...(work === undefined
          ? [
              ...godebugProblems(mod.content.godebug, goVersion, godebugs),
              ...(project.modfile === undefined ? [] : modfileTooNew(mod.content, goVersion)),
              ...droppedToolchainProblems(mod.content, project.modFlag),
              ...shortVersionProblems(mod.content, project.modFlag),
            ]
          : []
        ).map(at(mod.path)),
        ...conflictingReplacements(mod.content.replace).map(at(mod.path)),
      ]),
    ...sums.flatMap(unreadable),
  ];
}
