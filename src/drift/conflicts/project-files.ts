/**
 * Conflicts of go.mod, of go.work, of go lines of dependencies (contract §3: gomod-invalid,
 * toolchain-too-old), and of `//go:debug` lines in source files.
 */
import {
  isReplacedInWork,
  lagsInWork,
  modfileNeeds,
  takenSince,
  updateNeeded,
} from '../../go/project-problems.ts';
import { compareGoVersions } from '../../go/version.ts';
import type { FileProblem, NewerModule } from '../facets/modules.ts';
import type { Fix } from '../model.ts';
import { sdkFix, sdkWords } from '../sdk-choice.ts';
import type { Conflict, Rule, World } from './rule.ts';
import { at, effectiveVersion } from './rule.ts';
import { wayAroundGotoolchain } from './toolchain.ts';

/**
 * Returns a fix that runs a go command in the workspace, because go uses the module of its working directory.
 */
const runGo = ({ workspace }: World, ...args: readonly string[]): Fix => ({
  action: 'run',
  argv: ['go', ...args],
  directory: workspace,
});

/** Returns the repair that provides a newer go, for cases in which go does not switch by itself. */
const newerGo = (world: World, version: string): Pick<Conflict, 'repair' | 'fix'> =>
  wayAroundGotoolchain(world, version) ?? {
    repair: `put a go >= ${version} first on PATH${sdkWords(world, version)}`,
    ...sdkFix(world, version),
  };

/**
 * Returns the repair for a problem of go.mod or go.work: a newer go, a line to remove, or a correction by
 * hand.
 */
function fileRepair(problem: FileProblem, world: World): Pick<Conflict, 'repair' | 'fix'> {
  const { path, line } = problem;
  const update = updateNeeded(problem);
  if (update === 'version')
    return {
      repair: `run go mod tidy, which writes the version of ${path}:${line} in full`,
      fix: runGo(world, 'mod', 'tidy'),
    };
  if (update === 'toolchain')
    return {
      repair: `remove line ${line} of ${path}, as go mod edit -toolchain=none does`,
      fix: runGo(world, 'mod', 'edit', '-toolchain=none', path),
    };
  if (isReplacedInWork(problem))
    return { repair: `remove line ${line} of ${path}, or name the version in it that is replaced` };
  const asked = modfileNeeds(problem);
  if (asked !== undefined) return newerGo(world, asked);
  const place = line === 0 ? path : `${path}:${line}`;
  if (lagsInWork(problem)) return { repair: `run go work use, which raises the go line of ${place}` };
  const needed = takenSince(problem);
  if (needed === undefined) return { repair: `correct ${place}` };
  return {
    repair: `put a go >= ${needed} first on PATH${sdkWords(world, needed)}, or remove ${place.replace(/^.*\//, 'the line at ')}`,
    ...sdkFix(world, needed),
  };
}

/** Returns the module with the newest go line, as a list of at most one. */
function newest(modules: readonly NewerModule[]): readonly NewerModule[] {
  const [first] = [...modules].sort((a, b) => compareGoVersions(b.go, a.go));
  return first === undefined ? [] : [first];
}

/** Reports that the go line of go.mod is older than that of a module that a build imports from. */
function goLineBehind(world: World): readonly Conflict[] {
  const behind = (world.modules?.newer ?? []).filter(
    ({ go, mainGo }) => mainGo !== '' && compareGoVersions(go, effectiveVersion(world)) <= 0,
  );
  return newest(behind).map(({ name: module, go, neededBy, mainGo, origin }) => ({
    key: 'modules.go_mod',
    expected: `>= ${go}`,
    actual: mainGo,
    ...at(origin),
    summary: `every build fails with "updates to go.mod needed": ${neededBy} imports from ${module}, whose go line is ${go}, and go.mod says ${mainGo}`,
    repair: 'run go mod tidy, which raises the go line',
    fix: runGo(world, 'mod', 'tidy'),
  }));
}

/**
 * Reports a dependency whose go line is newer than the go that builds: go does not switch toolchains for it
 * during a build.
 */
export const dependencyTooNew = (world: World): readonly Conflict[] =>
  newest(
    (world.modules?.newer ?? []).filter(({ go }) => compareGoVersions(go, effectiveVersion(world)) > 0),
  ).map(({ name: module, go, origin }) => ({
    key: 'toolchain.version',
    expected: `>= ${go}`,
    actual: effectiveVersion(world),
    ...at(origin),
    summary: `every build fails with "${module} requires go >= ${go}": go does not switch to another toolchain for a dependency`,
    ...newerGo(world, go),
  }));

/**
 * Reports whether an invalid toolchain line stops go before it loads the file. Then toolchain-not-installed
 * reports the line.
 */
const isStoppedBefore = ({ toolchain }: World) =>
  toolchain?.selection?.outcome === 'invalid' && typeof toolchain.selection.cause === 'object';

/** Reports project files that go refuses. */
export const gomodInvalid: Rule = (world) => {
  const behind = goLineBehind(world);
  if (behind.length > 0) return behind;
  // If another toolchain is needed, its absence stops go first.
  if (world.toolchain?.selection?.tooOldFor !== undefined) return [];
  const problems = (world.modules?.problems ?? []).filter(
    (problem) => updateNeeded(problem) !== 'toolchain' || !isStoppedBefore(world),
  );
  const told = new Set<string>();
  return problems
    .filter(({ path }) => !told.has(path) && told.add(path))
    .map((problem): Conflict => {
      const file = problem.path.slice(problem.path.lastIndexOf('/') + 1);
      const unknown = takenSince(problem) === undefined ? '' : ` (go ${effectiveVersion(world)})`;
      return {
        key: file.endsWith('.work') ? 'modules.go_work' : 'modules.go_mod',
        ...at(problem),
        summary: `every go command that loads the module fails: ${file}${problem.line === 0 ? '' : `:${problem.line}`}: ${problem.text}${unknown}`,
        ...fileRepair(problem, world),
      };
    });
};

/**
 * Reports source lines because of which go refuses to build a package. The same line in many files makes one
 * finding.
 */
export const godebugLine: Rule = (world) => {
  const lines = world.modules?.godebugLines ?? [];
  return lines
    .filter(({ text }, index) => lines.findIndex((one) => one.text === text) === index)
    .map(({ path, line, text }): Conflict => {
      const others = lines.filter((one) => one.text === text).length - 1;
      const place = `${path}:${line}`;
      return {
        key: 'modules.godebug',
        origin: { kind: 'file', path, line },
        summary: `go does not build the package of ${place}${others === 0 ? '' : ` and of ${others} more files`}, as it takes "//go:debug" there for invalid: ${text}`,
        repair: `remove line ${line} of ${path}, or correct it for go ${effectiveVersion(world)}`,
      };
    });
};
