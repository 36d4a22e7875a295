/** Conflicts of the modules (contract §3: goflags-vendor, gowork-stray, gosum-mismatch, module-* …). */

import { flagValue, parseGoflags } from '../../go/goflags.ts';
import { isOfLibrary } from '../../go/imports.ts';
import type {
  ModuleReplacement,
  RequirementOverride,
  SumProblem,
  UnavailableModule,
  VendorFacts,
} from '../facets/modules.ts';
import { shellWord } from '../shell-word.ts';
import { isUsedByOthers } from './cache.ts';
import type { Conflict, Rule, World } from './rule.ts';
import { at, effectiveValue, originOf, takeAway, unset } from './rule.ts';
import { toolchainPartial } from './toolchain-tree.ts';

/** Most findings of one rule to report individually; the metric counts them all. */
const toldOneByOne = 20;

function name(module: string): string {
  return `modules.${module}`;
}

/**
 * Describes the fault of a vendor directory. Faults that stop every command come before those that stop one
 * package.
 */
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

/** Reports a vendor directory with which builds fail. */
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
      ...(flagged && !vendor.present
        ? takeAway(world, 'GOFLAGS', (word) => /^--?mod=vendor$/.test(word))
        : {
            repair:
              vendor.foreign === true
                ? `build without the vendor directory with GOFLAGS=-mod=readonly, or move ${vendor.directory} away: it has no modules.txt, and ${command} would remove what is in it`
                : `run ${command} with GOFLAGS=-mod=mod, or build without the vendor directory with GOFLAGS=-mod=readonly`,
          }),
    },
  ];
};

/** Reports a go.work that was probably not meant for this workspace. */
export const goworkStray: Rule = (world) => {
  const work = world.modules?.work;
  if (work === undefined) return [];
  const unlisted = work.listed === false;
  if (!unlisted && work.outside === undefined && work.foreign === undefined) return [];
  const isBeside = work.path === `${world.workspace}/go.work`;
  const found = work.named
    ? `GOWORK names ${work.path}`
    : `go finds ${work.path} ${isBeside ? 'in' : 'above'} the workspace`;
  return [
    {
      key: 'modules.go_work',
      ...(unlisted ? { level: 'major' as const } : {}),
      ...(work.named ? originOf(world, 'GOWORK') : at({ path: work.path, line: 0 })),
      summary:
        work.foreign !== undefined
          ? `${found}, which belongs to uid ${work.foreign}: that user decides which versions are built here`
          : unlisted
            ? `${found}, which does not use this module: go build ./... fails with "directory prefix . does not contain modules listed in go.work"`
            : `${found}, outside of the repository ${work.outside}: it selects other versions than the same commit elsewhere`,
      repair: work.named
        ? `${unset(world, 'GOWORK')}, or set GOWORK=off`
        : `set GOWORK=off for this workspace, or ${unlisted ? `run go work use . here` : `move ${work.path} away`}`,
    },
  ];
};

const sumWords: Readonly<Record<SumProblem['kind'], (problem: SumProblem) => string>> = {
  missing: ({ module }) => `go fails with "missing go.sum entry" as soon as a package of ${module} is built`,
  'missing-go-mod': ({ module }) =>
    `go fails with "missing go.sum entry for go.mod file" of ${module} as soon as it loads it`,
  unrecorded: ({ module }) =>
    `go.work.sum lacks the sum of ${module}: go builds all the same, and writes it there`,
  mismatch: ({ module }) =>
    `the module cache holds another ${module} than go.sum records: go fails with "checksum mismatch", a SECURITY ERROR`,
  'mismatch-go-mod': ({ module }) =>
    `the module cache holds another go.mod of ${module} than go.sum records: go fails with "checksum mismatch", a SECURITY ERROR`,
  malformed: ({ actual }) => `every go command that reads go.sum fails with "malformed go.sum": ${actual}`,
};

function sumRepair({ kind, module, origin }: SumProblem): string {
  if (kind === 'malformed') return `remove line ${origin.line} of ${origin.path}, then run go mod tidy`;
  if (kind === 'unrecorded') return `run go build ./... and commit ${origin.path}`;
  if (kind === 'missing' || kind === 'missing-go-mod')
    return `run go mod download ${module.replace(/@.*$/, '')}, or go mod tidy, and commit go.sum`;
  return `restore ${origin.path} from version control; if it is right there, remove ${module} from the module cache (go clean -modcache) and download it again`;
}

/** Merges the missing lines of go.work.sum into one problem, because they have one cause. */
function asOne(sums: readonly SumProblem[]): readonly SumProblem[] {
  const [first, ...more] = sums.filter(({ kind }) => kind === 'unrecorded');
  if (first === undefined || more.length === 0) return sums;
  const others = sums.filter(({ kind }) => kind !== 'unrecorded');
  return [...others, { ...first, module: `${first.module} and ${more.length} more` }];
}

/** Reports checksums that a build will miss or find wrong. */
export const gosumMismatch: Rule = (world) =>
  asOne(world.modules?.sums ?? [])
    .slice(0, toldOneByOne)
    .map((problem) => ({
      ...(problem.kind === 'unrecorded' ? { level: 'patch' as const } : {}),
      key: problem.module === '' ? 'modules.go_mod' : name(problem.module.replace(/@.*$/, '')),
      ...(problem.expected === undefined ? {} : { expected: problem.expected }),
      ...(problem.actual === undefined ? {} : { actual: problem.actual }),
      ...at(problem.origin),
      summary: sumWords[problem.kind](problem),
      repair: sumRepair(problem),
    }));

/**
 * Reports whether the module cache has no valid location; that is reported as a setting (env-invalid,
 * goenv-invalid).
 */
const hasNoModuleCache = ({ env }: World) =>
  env?.variables.get('GOMODCACHE')?.value.startsWith('/') === false;

/**
 * Reports whether the go.work of the baseline is gone. If GOWORK=off is the reason, that has its own finding.
 */
const lostWork = (world: World) =>
  world.baselineHasWork === true &&
  world.modules?.work === undefined &&
  effectiveValue(world, 'GOWORK') !== 'off';

/**
 * Returns how to get a package that no module provides. go get does not accept a path whose first element has
 * no dot.
 */
function provisionOf(imported: string): string {
  const named = 'restore the line of go.mod, or the go.work, that names its module';
  return isOfLibrary(imported)
    ? `build with a Go whose standard library has it, or ${named}`
    : `${named}, or go get ${imported}`;
}

/** Reports imports that no module provides, once for each cause. */
function unprovidedImports(world: World): readonly Conflict[] {
  const { unprovided: all = [], work } = world.modules ?? {};
  // Packages missing from an incomplete tree are reported for the tree.
  const isPartial = toolchainPartial(world).length > 0;
  const unprovided = all.filter((one) => !(isPartial && isOfLibrary(one.package)));
  const off = unprovided.filter((one) => one.switchedOff !== undefined);
  const others = unprovided.filter((one) => one.switchedOff === undefined);
  return [off, others].flatMap((same): readonly Conflict[] => {
    const [first, ...more] = same;
    if (first === undefined) return [];
    const { package: imported, neededBy, origin, switchedOff } = first;
    const subject = `go cannot build ${neededBy}, which imports ${imported}${more.length === 0 ? '' : ` (and ${more.length} more)`}`;
    if (switchedOff !== undefined)
      return [
        {
          key: 'env.GOWORK',
          ...originOf(world, 'GOWORK'),
          summary: `${subject}: ${switchedOff} uses the module that provides it, and GOWORK=off keeps go from that file`,
          ...takeAway(world, 'GOWORK'),
        },
      ];
    const gone = lostWork(world);
    const list = work === undefined ? 'go.mod' : 'no go.mod that go.work uses';
    const library = isOfLibrary(imported) ? 'its standard library lacks it, and ' : '';
    return [
      {
        key: name(imported),
        ...at(origin),
        summary: `${subject}: ${library}${list} requires ${work === undefined ? 'no' : 'a'} module that provides it${gone ? ', and the go.work of the baseline is gone' : ''}`,
        repair: gone
          ? 'restore go.work, which the baseline was taken with, from version control or a copy, or write it again with go work init and go work use'
          : provisionOf(imported),
      },
    ];
  });
}

/** Reports modules that a build needs and cannot get, and imports that no module provides. */
export const moduleUnavailable: Rule = (world) => [...unavailableModules(world), ...unprovidedImports(world)];

function unavailableModules(world: World): readonly Conflict[] {
  // A module cache without a valid directory is reported as a setting (env-invalid, goenv-invalid); nothing
  // can be downloaded into it.
  if (world.env?.modCacheFile === true || hasNoModuleCache(world)) return [];
  return (world.modules?.unavailable ?? []).slice(0, toldOneByOne).map((one) => {
    const { path, version, neededBy, why, replacedAt } = one;
    return {
      key: name(path),
      expected: version,
      ...(replacedAt === undefined ? unavailableOrigin(world, one) : at(replacedAt)),
      summary:
        neededBy === ''
          ? `go cannot load the module graph, which needs ${path}@${version}: ${why}`
          : `go cannot build ${neededBy}, which imports from ${path}@${version}: ${why}`,
      ...(one.brokenZip === undefined
        ? {}
        : { fix: { action: 'run' as const, argv: ['rm', '-f', '--', one.brokenZip] } }),
      repair:
        cacheRepair(one) ??
        (replacedAt === undefined
          ? `${withNetwork(world)} and run go mod download ${path}@${version}`
          : `check the module out there, or remove line ${replacedAt.line} of ${replacedAt.path}`),
    };
  });
}

/** Returns the origin to blame: the zip, or the setting of the module cache or of the proxies. */
function unavailableOrigin(world: World, { barred, brokenZip }: UnavailableModule): Pick<Conflict, 'origin'> {
  if (brokenZip !== undefined) return at({ path: brokenZip, line: 0 });
  return originOf(world, barred === undefined ? 'GOPROXY' : 'GOMODCACHE');
}

/** Returns the repair of the module cache itself; undefined if it is not the cause. */
function cacheRepair({ barred, brokenZip }: UnavailableModule): string | undefined {
  if (brokenZip !== undefined) return `rm -f ${shellWord(brokenZip)}: the next command downloads it again`;
  if (barred === undefined) return undefined;
  const elsewhere = 'set GOMODCACHE to a directory that can be written';
  if (!barred.rights) return elsewhere;
  const directory = shellWord(barred.directory);
  if (!barred.absent && isUsedByOthers([barred.owner ?? 0]))
    return `${elsewhere}: uid ${barred.owner} uses this one`;
  return barred.absent
    ? `sudo mkdir -p ${directory} && sudo chown ${barred.uid} ${directory}, or ${elsewhere}`
    : `sudo chown -R ${barred.uid} ${directory}, or ${elsewhere}`;
}

function withNetwork(world: World): string {
  return effectiveValue(world, 'GOPROXY') === 'off'
    ? `${unset(world, 'GOPROXY')} where there is a network,`
    : 'name a proxy that has the module in GOPROXY';
}

function targetText({ path, version }: ModuleReplacement): string {
  return version === undefined ? path : `${path} ${version}`;
}

const updateNeeded = 'every build fails with "updates to go.mod needed"';

/** Describes what go does with a requirement that others raise, if there is no go.work. */
function selectionWords({ stops }: RequirementOverride, world: World): string {
  if (stops === true) return updateNeeded;
  return flagValue(parseGoflags(effectiveValue(world, 'GOFLAGS')).flags, 'mod') === 'mod'
    ? 'go writes that into go.mod, as -mod=mod lets it'
    : 'builds pass, as they import nothing from those, and go list -m all fails with "updates to go.mod needed"';
}

function overrideWords(override: RequirementOverride, world: World): string {
  const { path, declared, selected, replacement, cause } = override;
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
        : `go.mod requires ${path} ${declared}, but other requirements select ${selected ?? 'none'}: ${selectionWords(override, world)}`;
    case 'lost':
      return `go.mod does not name ${path}, which ${override.neededBy} imports from and other requirements select at ${selected}: ${updateNeeded}`;
  }
}

function overrideRepair({ path, selected, cause }: RequirementOverride, world: World): string {
  if (cause === 'workspace' || cause === 'replace')
    return 'none is needed where this is meant; else remove the replace or use line';
  if (cause === 'lost') return `go mod edit -require=${path}@${selected}, or go mod tidy`;
  if (world.modules?.work !== undefined)
    return `go work sync, or build with GOWORK=off to take what go.mod says`;
  return cause === 'exclude' ? 'go mod tidy' : `go get ${path}@${selected ?? 'latest'}, or go mod tidy`;
}

/** Reports requirements of the main module that a build does not follow. */
export const requirementOverridden: Rule = (world) =>
  (world.modules?.overrides ?? []).map((override) => ({
    key: name(override.path),
    level: override.level,
    ...expectedActual(override),
    ...at(override.origin),
    summary: overrideWords(override, world),
    repair: overrideRepair(override, world),
  }));

function expectedActual(override: RequirementOverride): Pick<Conflict, 'expected' | 'actual'> {
  if (override.cause === 'lost')
    return override.selected === undefined ? {} : { expected: override.selected };
  return {
    expected: override.declared,
    ...(override.replacement !== undefined
      ? { actual: targetText(override.replacement) }
      : override.selected === undefined
        ? {}
        : { actual: override.selected }),
  };
}

/** Reports extracted modules whose files were changed after the download. */
export const modcacheEdited: Rule = (world) =>
  (world.modules?.extracted?.edited ?? []).map(({ path, version, directory, expected, actual }) => ({
    key: name(path),
    expected,
    actual,
    ...at({ path: directory, line: 0 }),
    summary: `${directory} is not what was downloaded as ${path}@${version}: builds silently use the changed files`,
    repair: `remove ${directory} (chmod -R u+w it first) and run go mod download ${path}@${version}`,
  }));

const keyOfFile = (file: string): string => {
  if (file.endsWith('/vendor/modules.txt')) return 'modules.vendor';
  if (/\/\.(go-version|tool-versions)$/.test(file)) return 'toolchain.version';
  return /\.work(\.sum)?$/.test(file) ? 'modules.go_work' : 'modules.go_mod';
};

/** Reports project files that are symlinks out of the project, as one finding. Their content is not in it. */
export const fileOutside: Rule = ({ toolchain }) => {
  const [first, ...others] = toolchain?.linkedOut ?? [];
  if (first === undefined) return [];
  const more = others.length === 0 ? '' : ` (and ${others.length} more files)`;
  return [
    {
      key: keyOfFile(first),
      origin: { kind: 'file', path: first },
      summary: `${first}${more} is a link out of the workspace and its repository: go follows it; godrift reads at most the go and toolchain lines behind it and shows nothing else`,
      repair: 'replace the link with the file itself',
    },
  ];
};
