/** Conflicts of the modules (contract §3: goflags-vendor, gowork-stray, gomod-invalid, gosum-mismatch, module-* …). */
import { flagValue, parseGoflags } from '../../go/goflags.ts';
import { defaultToolchain, takenSince } from '../../go/project-problems.ts';
import type {
  FileLine,
  FileProblem,
  ModuleReplacement,
  RequirementOverride,
  SumProblem,
  VendorFacts,
} from '../facets/modules.ts';
import type { Conflict, Rule, World } from './rule.ts';
import { effectiveValue, effectiveVersion, originOf, unset } from './rule.ts';
import { nearest, nearestFix } from './toolchain.ts';

/** Of many alike the first few are told one by one; the metric counts them all. */
const toldOneByOne = 20;

function at({ path, line }: FileLine): Pick<Conflict, 'origin'> {
  return path === '' ? {} : { origin: { kind: 'file', path, ...(line === 0 ? {} : { line }) } };
}

function name(module: string): string {
  return `modules.${module}`;
}

/** What is wrong with a vendor directory: what stops every command comes before what stops a package. */
function vendorWords({ present, problems, unlisted, lost = [] }: VendorFacts): string | undefined {
  const more = (all: readonly unknown[]) => (all.length === 1 ? '' : `, and ${all.length - 1} more`);
  if (problems.length > 0)
    return `every go command that loads packages fails with "inconsistent vendoring": ${present ? '' : 'there is no vendor directory; '}${problems[0]}${more(problems)}`;
  const [gone] = lost;
  if (gone !== undefined)
    return `vendor/modules.txt lists ${gone.package}${more(lost)}, and vendor/${gone.package} holds no Go file: go cannot build ${gone.neededBy}, which imports it`;
  if (unlisted.length === 0) return undefined;
  return `vendor/modules.txt does not list ${unlisted[0]}${more(unlisted)}, although the files are there: go fails with "cannot find module providing package" where it is imported`;
}

/** A vendored build that go refuses. */
export const goflagsVendor: Rule = (world) => {
  const vendor = world.modules?.vendor;
  const summary = vendor === undefined ? undefined : vendorWords(vendor);
  if (vendor === undefined || summary === undefined) return [];
  const flagged = flagValue(parseGoflags(effectiveValue(world, 'GOFLAGS')).flags, 'mod') === 'vendor';
  const command = world.modules?.work === undefined ? 'go mod vendor' : 'go work vendor';
  return [
    {
      key: 'modules.vendor',
      ...(flagged ? originOf(world, 'GOFLAGS') : at({ path: `${vendor.directory}/modules.txt`, line: 0 })),
      summary,
      repair:
        flagged && !vendor.present
          ? unset(world, 'GOFLAGS')
          : `run ${command} with GOFLAGS=-mod=mod, or build without the vendor directory with GOFLAGS=-mod=readonly`,
    },
  ];
};

/** A go.work that was hardly meant for this workspace. */
export const goworkStray: Rule = (world) => {
  const work = world.modules?.work;
  if (work === undefined) return [];
  const unlisted = work.listed === false;
  if (!unlisted && work.outside === undefined) return [];
  const found = work.named ? `GOWORK names ${work.path}` : `go finds ${work.path} above the workspace`;
  return [
    {
      key: 'modules.go_work',
      ...(work.named ? originOf(world, 'GOWORK') : at({ path: work.path, line: 0 })),
      summary: unlisted
        ? `${found}, which does not use this module: go build ./... fails with "directory prefix . does not contain modules listed in go.work"`
        : `${found}, outside of the repository ${work.outside}: it selects other versions than the same commit elsewhere`,
      repair: work.named
        ? `${unset(world, 'GOWORK')}, or set GOWORK=off`
        : `set GOWORK=off for this workspace, or ${unlisted ? `run go work use . here` : `move ${work.path} away`}`,
    },
  ];
};

/** What heals a problem of go.mod or go.work: a newer go, a line less, or a person. */
function fileRepair(problem: FileProblem, world: World): Pick<Conflict, 'repair' | 'fix'> {
  const { path, line, text } = problem;
  if (text === defaultToolchain)
    return {
      repair: `remove line ${line} of ${path}, as go mod edit -toolchain=none does`,
      fix: { action: 'run', argv: ['go', 'mod', 'edit', '-toolchain=none', path] },
    };
  const place = line === 0 ? path : `${path}:${line}`;
  const needed = takenSince(problem);
  if (needed === undefined) return { repair: `correct ${place}` };
  return {
    repair: `put a go >= ${needed} first on PATH${nearest(world, needed)}, or remove ${place.replace(/^.*\//, 'the line at ')}`,
    ...nearestFix(world, needed),
  };
}

/** Files that go cannot work with. */
export const gomodInvalid: Rule = (world) => {
  // Where another toolchain is needed, its absence is what stops go.
  if (world.toolchain?.selection?.tooOldFor !== undefined) return [];
  const problems = world.modules?.problems ?? [];
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

const sumWords: Readonly<Record<SumProblem['kind'], (problem: SumProblem) => string>> = {
  missing: ({ module }) => `go fails with "missing go.sum entry" as soon as a package of ${module} is built`,
  'missing-go-mod': ({ module }) =>
    `go fails with "missing go.sum entry for go.mod file" of ${module} as soon as it loads it`,
  mismatch: ({ module }) =>
    `the module cache holds another ${module} than go.sum records: go fails with "checksum mismatch", a SECURITY ERROR`,
  'mismatch-go-mod': ({ module }) =>
    `the module cache holds another go.mod of ${module} than go.sum records: go fails with "checksum mismatch", a SECURITY ERROR`,
  malformed: ({ actual }) => `every go command that reads go.sum fails with "malformed go.sum": ${actual}`,
};

function sumRepair({ kind, module, origin }: SumProblem): string {
  if (kind === 'malformed') return `remove line ${origin.line} of ${origin.path}, then run go mod tidy`;
  if (kind === 'missing' || kind === 'missing-go-mod')
    return `run go mod download ${module.replace(/@.*$/, '')}, or go mod tidy, and commit go.sum`;
  return `restore ${origin.path} from version control; if it is right there, remove ${module} from the module cache (go clean -modcache) and download it again`;
}

/** Sums that a build will miss or find wrong. */
export const gosumMismatch: Rule = (world) =>
  (world.modules?.sums ?? []).slice(0, toldOneByOne).map((problem) => ({
    key: problem.module === '' ? 'modules.go_mod' : name(problem.module.replace(/@.*$/, '')),
    ...(problem.expected === undefined ? {} : { expected: problem.expected }),
    ...(problem.actual === undefined ? {} : { actual: problem.actual }),
    ...at(problem.origin),
    summary: sumWords[problem.kind](problem),
    repair: sumRepair(problem),
  }));

/** Modules that a build needs and can get nowhere. */
export const moduleUnavailable: Rule = (world) => {
  // A module cache that is none is told as the setting that it is (env-invalid, goenv-invalid): nothing can be downloaded into it.
  if (world.env?.modCacheFile === true) return [];
  return (world.modules?.unavailable ?? []).slice(0, toldOneByOne).map((one) => {
    const { path, version, neededBy, why, replacedAt } = one;
    return {
      key: name(path),
      expected: version,
      ...(replacedAt === undefined ? originOf(world, 'GOPROXY') : at(replacedAt)),
      summary:
        neededBy === ''
          ? `go cannot load the module graph, which needs ${path}@${version}: ${why}`
          : `go cannot build ${neededBy}, which imports from ${path}@${version}: ${why}`,
      repair:
        replacedAt === undefined
          ? `${withNetwork(world)} and run go mod download ${path}@${version}`
          : `check the module out there, or remove line ${replacedAt.line} of ${replacedAt.path}`,
    };
  });
};

function withNetwork(world: World): string {
  return effectiveValue(world, 'GOPROXY') === 'off'
    ? `${unset(world, 'GOPROXY')} where there is a network,`
    : 'name a proxy that has the module in GOPROXY';
}

function targetText({ path, version }: ModuleReplacement): string {
  return version === undefined ? path : `${path} ${version}`;
}

function overrideWords(
  { path, declared, selected, replacement, cause }: RequirementOverride,
  world: World,
): string {
  const file = world.modules?.work === undefined ? 'go.mod' : 'go.work';
  switch (cause) {
    case 'workspace':
      return `go.mod requires ${path} ${declared}; go.work builds it from ${replacement?.path ?? 'a directory'}`;
    case 'replace':
      return `go.mod requires ${path} ${declared}; a replace line builds ${replacement === undefined ? '' : targetText(replacement)} instead`;
    case 'exclude':
      return `go.mod requires ${path} ${declared} and excludes it: go asks for updates to go.mod`;
    case 'selection':
      return file === 'go.work'
        ? `go.mod requires ${path} ${declared}; in the workspace of go.work builds take ${selected ?? 'none'}`
        : `go.mod requires ${path} ${declared}, but other requirements select ${selected ?? 'none'}: go fails with "updates to go.mod needed"`;
  }
}

function overrideRepair({ path, selected, cause }: RequirementOverride, world: World): string {
  if (cause === 'workspace' || cause === 'replace')
    return 'none is needed where this is meant; else remove the replace or use line';
  if (world.modules?.work !== undefined)
    return `go work sync, or build with GOWORK=off to take what go.mod says`;
  return cause === 'exclude' ? 'go mod tidy' : `go get ${path}@${selected ?? 'latest'}, or go mod tidy`;
}

/** Requirements of the main module that a build does not follow. */
export const requirementOverridden: Rule = (world) =>
  (world.modules?.overrides ?? []).map((override) => ({
    key: name(override.path),
    level: override.level,
    expected: override.declared,
    ...(override.replacement !== undefined
      ? { actual: targetText(override.replacement) }
      : override.selected === undefined
        ? {}
        : { actual: override.selected }),
    ...at(override.origin),
    summary: overrideWords(override, world),
    repair: overrideRepair(override, world),
  }));

/** Extracted modules with files that nobody published. */
export const modcacheEdited: Rule = (world) =>
  (world.modules?.extracted?.edited ?? []).map(({ path, version, directory, expected, actual }) => ({
    key: name(path),
    expected,
    actual,
    ...at({ path: directory, line: 0 }),
    summary: `${directory} is not what was downloaded as ${path}@${version}: builds take the changed files without a word`,
    repair: `remove ${directory} (chmod -R u+w it first) and run go mod download ${path}@${version}`,
  }));

const keyOfFile = (file: string): string => {
  if (file.endsWith('/vendor/modules.txt')) return 'modules.vendor';
  if (/\/\.(go-version|tool-versions)$/.test(file)) return 'toolchain.version';
  return /\.work(\.sum)?$/.test(file) ? 'modules.go_work' : 'modules.go_mod';
};

/** Files of the project that are links out of it: one finding, however many. Nothing of their content is in it. */
export const fileOutside: Rule = ({ toolchain }) => {
  const [first, ...others] = toolchain?.linkedOut ?? [];
  if (first === undefined) return [];
  const more = others.length === 0 ? '' : ` (and ${others.length} more files)`;
  return [
    {
      key: keyOfFile(first),
      origin: { kind: 'file', path: first },
      summary: `${first}${more} is a link out of the workspace and its repository: go follows it; godrift reads at most the go and toolchain lines behind it and shows nothing else`,
      repair: 'put the file itself in the place of the link',
    },
  ];
};
