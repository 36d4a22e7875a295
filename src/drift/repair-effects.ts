/**
 * The single rule for the side effects of a command (decision 0081). A variable may change only if the
 * consequences are known from collected facts, or if its current value already breaks everything that reads
 * it. Anything not collected, not evaluated or not in the table is unknown, and unknown counts as harm: the
 * repair is then given as text only.
 */
import { namedTags } from '../go/build-tags.ts';
import { archLevelNames } from '../go/defaults.ts';
import { flagValue, parseGoflags } from '../go/goflags.ts';
import { type TagKind, tagKind } from '../go/imports.ts';
import { redacted } from '../go/redacted.ts';
import { compareGoVersions } from '../go/version.ts';
import { effectiveValue, effectiveVersion, type World } from './conflicts/rule.ts';
import { otherFiles, otherRelease } from './file-choice.ts';
import type { Finding } from './model.ts';

/** The worlds before and after a command, and the conflicts of the world before. */
export interface Step {
  readonly before: World;
  readonly after: World;
  readonly conflicts: readonly Finding[];
}

/**
 * Returns why the consequences of a changed value are harmful or unknown; undefined if they are known and
 * harmless.
 */
type Judge = (step: Step) => string | undefined;

const harmless: Judge = () => undefined;
const always =
  (why: string): Judge =>
  () =>
    why;

/** Reports whether builds in a world use modules at all. */
function readsModules(world: World): boolean {
  return world.toolchain?.hasModule !== false && effectiveValue(world, 'GO111MODULE') !== 'off';
}

/** Reports whether a module of the build list comes from a module cache, not from a directory. */
const isVersioned = ({ replacement }: { readonly replacement?: { readonly version?: string } }) =>
  replacement === undefined || replacement.version !== undefined;

/**
 * Checks that go.sum and go.work.sum contain every checksum that builds need, so that the checksum database
 * is never asked.
 */
const recorded: Judge = ({ before }) => {
  const { modules, modulesUnjudged } = before;
  if (!readsModules(before)) return undefined;
  if (modules === undefined || modulesUnjudged !== undefined) return 'which modules builds read is not known';
  if (modules.source === 'vendor') return undefined;
  if (modules.state !== 'complete') return 'not all modules that builds read are known';
  const [first] = modules.sums;
  if (first !== undefined) return `the sum of ${first.module || first.origin.path} is not recorded`;
  const lacking = modules.list.find((one) => isVersioned(one) && one.sum === undefined);
  // With -mod=mod go adds missing lines to go.sum, so there is no finding about them.
  return lacking !== undefined &&
    flagValue(parseGoflags(effectiveValue(before, 'GOFLAGS')).flags, 'mod') === 'mod'
    ? `go.sum lacks ${lacking.path}, which -mod=mod adds`
    : undefined;
};

/** Checks that the module cache contains every module of the build list. */
const present: Judge = ({ before }) => {
  const { modules } = before;
  if (!readsModules(before) || modules?.source === 'vendor') return undefined;
  if (modules?.list.every((one) => !isVersioned(one)) === true) return undefined;
  const { absent = 1, pending = 0 } = modules?.extracted ?? {};
  if (absent === 0 && pending === 0) return undefined;
  const nothingIsFetched = effectiveValue(before, 'GOPROXY') === 'off';
  const isPrivate = effectiveValue(before, 'GONOPROXY') !== '' || effectiveValue(before, 'GOPRIVATE') !== '';
  // Builds succeed with the modules that are in the cache.
  if (nothingIsFetched && !isPrivate && modules?.unavailable.length === 0) return undefined;
  return 'not every module is in the module cache; whether the others could be downloaded was not checked';
};

/** Checks both, so that the source of modules does not matter. */
const fetched: Judge = (step) => recorded(step) ?? present(step);

/**
 * With GOPROXY=off nothing is fetched: a build that succeeds contacts no proxy, so the named proxy does not
 * matter. With -mod=mod, however, go may search for modules that go.mod lacks.
 */
const proxies: Judge = (step) => {
  const value = (name: string) => effectiveValue(step.before, name);
  const isWritten = flagValue(parseGoflags(value('GOFLAGS')).flags, 'mod') === 'mod';
  return value('GOPROXY') === 'off' && !isWritten ? undefined : fetched(step);
};

/** Checks that builds use the same files when settings that decide tags of these kinds change. */
const sameFiles =
  (...kinds: readonly TagKind[]): Judge =>
  ({ before }) =>
    otherFiles(before, (tag) => kinds.includes(tagKind(tag)));

const tagsOf = (world: World) => namedTags(parseGoflags(effectiveValue(world, 'GOFLAGS')).flags);

/** Checks that builds use the same files when the -tags list changes. */
const sameTags: Judge = ({ before, after }) => {
  const [was, is] = [tagsOf(before), tagsOf(after)];
  return otherFiles(before, (tag) => was.includes(tag) !== is.includes(tag));
};

/** A different module cache, whose content is not known. */
const otherCache: Judge = ({ before }) => {
  const { selection } = before.toolchain ?? {};
  if (selection?.outcome === 'cached')
    return `another module cache comes into force, and ${selection.wanted} lies in this one`;
  if (effectiveValue(before, 'GO111MODULE') === 'off') return 'packages are looked for elsewhere then';
  // Without a module cache in use, switching to another one loses nothing.
  if (before.env?.variables.get('GOMODCACHE')?.value === '' || !readsModules(before)) return undefined;
  const { modules } = before;
  const needsNone = modules?.source === 'vendor' || modules?.list.every((one) => !isVersioned(one)) === true;
  if (needsNone) return undefined;
  return effectiveValue(before, 'GOPROXY') === 'off'
    ? 'another module cache comes into force, and GOPROXY=off downloads nothing into it'
    : 'another module cache comes into force, and whether all modules can be downloaded again was not checked';
};

/** The C compiler and its flags. */
const compilers: Judge = ({ before, after }) => {
  if (effectiveValue(after, 'CGO_ENABLED') !== '1' || before.env?.compilerFound === false) return undefined;
  return 'whether packages with cgo can be built so was not checked';
};

/** Which go builds is decided by Go's own selection (settled-fixes.ts), if its inputs are known. */
const selected: Judge = ({ before }) =>
  before.toolchain?.switches === undefined ? 'which go builds then is not known' : undefined;

/**
 * Flags that affect neither the inputs of a build nor the result of tests (cmd/go/internal/work/build.go).
 */
const plainFlags = ['a', 'n', 'v', 'x', 'work', 'json', 'modcacherw'];
/**
 * Flags that tests may depend on: tests that share a database need -p=1, and tests that look for their
 * sources fail with -trimpath.
 */
const testFlags = ['p', 'trimpath', 'bench', 'benchtime', 'count', 'cpu', 'failfast', 'parallel'];
/**
 * Options of linker and compiler that only omit or report something (cmd/link, cmd/compile). -l is not among
 * them: tests that patch functions depend on it.
 */
const toolWords: Readonly<Record<string, readonly string[]>> = {
  ldflags: ['-s', '-w'],
  gcflags: ['-m'],
  asmflags: [],
};

/** Checks that a flag for a tool contains only options that cannot break a build. */
const toolFlag =
  (name: string): Judge =>
  ({ before, after }) => {
    const words = [before, after].flatMap((world) =>
      parseGoflags(effectiveValue(world, 'GOFLAGS'))
        .flags.filter((flag) => flag.name === name)
        .flatMap(({ value = '' }) => value.replace(/^all=/, '').split(/\s+/).filter(Boolean)),
    );
    const other = words.find((word) => toolWords[name]?.includes(word) !== true);
    return other === undefined ? undefined : `whether builds depend on -${name} was not checked`;
  };

/** Builds without the current -mod are known; builds with another -mod are not. */
const modFlag: Judge = ({ before, after }) => {
  const [was, is] = [before, after].map((world) =>
    flagValue(parseGoflags(effectiveValue(world, 'GOFLAGS')).flags, 'mod'),
  );
  const { modules } = before;
  if (modules?.livesByMod !== undefined) return `without -mod=${was} ${modules.livesByMod}`;
  const isKnown = modules !== undefined && before.modulesUnjudged === undefined;
  if (!isKnown && readsModules(before)) return 'which modules builds read is not known';
  return is === undefined ? undefined : `what builds read with -mod=${is} was not checked`;
};

const flagJudges: Readonly<Record<string, Judge>> = {
  ...Object.fromEntries(plainFlags.map((name) => [name, harmless])),
  ...Object.fromEntries(
    testFlags.map((name) => [name, always(`whether tests depend on -${name} was not checked`)]),
  ),
  ...Object.fromEntries(Object.keys(toolWords).map((name) => [name, toolFlag(name)])),
  mod: modFlag,
  modfile: always('another go.mod comes into force, which was not read'),
  tags: sameTags,
  // Without the flag go queries the repository, and whether that works was not checked.
  buildvcs: ({ after }) =>
    /^(0|f)/i.test(flagValue(parseGoflags(effectiveValue(after, 'GOFLAGS')).flags, 'buildvcs') ?? '')
      ? undefined
      : 'whether go could stamp programs then was not checked',
  ...Object.fromEntries(['race', 'msan', 'asan'].map((name) => [name, sameFiles('sanitizer')])),
};

/** Returns the first harmful or unknown change among the flags of GOFLAGS. */
function flags(step: Step): string | undefined {
  const [was, is] = [step.before, step.after].map(
    (world) => parseGoflags(effectiveValue(world, 'GOFLAGS')).flags,
  );
  for (const name of new Set([...(was ?? []), ...(is ?? [])].map((flag) => flag.name))) {
    const texts = [was, is].map((all) =>
      (all ?? []).filter((flag) => flag.name === name).map(({ text }) => text),
    );
    if (texts[0]?.join('\0') === texts[1]?.join('\0')) continue;
    const judge = flagJudges[name] ?? always(`how builds behave with another -${name} was not checked`);
    const why = judge(step);
    if (why !== undefined) return why;
  }
  return undefined;
}

const row = (judge: Judge, ...names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [name, judge]));

/** The check for each variable. A variable that is not listed may have any effect. */
const judges: Readonly<Record<string, Judge>> = {
  ...row(harmless, 'GOTELEMETRY', 'GOTELEMETRYDIR', 'GOBIN', 'GOPACKAGESDRIVER', 'GCCGO'),
  // The go command is a Go program itself and reads some of these settings (embedfollowsymlinks,
  // allowmultiplevcs).
  ...row(always('whether go itself depends on it was not checked'), 'GODEBUG'),
  ...row(recorded, 'GOSUMDB', 'GONOSUMDB'),
  GOPROXY: proxies,
  ...row(fetched, 'GONOPROXY', 'GOPRIVATE', 'GOINSECURE', 'GOVCS', 'GOAUTH'),
  // A build for another platform is without cgo, unless CGO_ENABLED is set.
  GOOS: sameFiles('system', 'cgo'),
  GOARCH: sameFiles('architecture', 'level', 'cgo'),
  CGO_ENABLED: sameFiles('cgo'),
  GOFIPS140: sameFiles('fips'),
  GOEXPERIMENT: always('packages of the standard library come and go with an experiment'),
  ...row(sameFiles('level'), ...archLevelNames),
  ...row(compilers, 'CC', 'CXX', 'FC', 'AR', 'PKG_CONFIG', 'GO_EXTLINK_ENABLED'),
  ...row(otherCache, 'GOPATH', 'GOMODCACHE'),
  ...row(always('the modules that go.mod asks for were not looked at'), 'GO111MODULE'),
  ...row(always('another file of settings comes into force'), 'GOENV'),
  ...row(always('another go.work or go.mod comes into force, which was not read'), 'GOWORK'),
  GOTOOLCHAIN: selected,
  GOFLAGS: flags,
};

/** Rules that say that every program that reads the value fails: no other value can be worse. */
const refusals: ReadonlySet<string> = new Set(['env-invalid', 'goenv-invalid']);
const stoppers: ReadonlySet<string> = new Set([
  'goflags-unknown',
  'goflags-file-missing',
  'goexperiment-invalid',
  'goos-goarch-unsupported',
  'goarch-level-invalid',
  'godebug-removed',
]);

/** Reports whether everything that reads a variable fails with its current value. */
function isRefused(name: string, conflicts: readonly Finding[]): boolean {
  const keys = name === 'GOROOT' ? ['toolchain.goroot'] : [`env.${name}`];
  return conflicts.some(
    ({ rule, key, level }) =>
      keys.includes(key) &&
      (refusals.has(rule) ||
        (level === 'major' && stoppers.has(rule)) ||
        (name === 'GOROOT' && (rule === 'goroot-mismatch' || rule === 'goroot-not-sdk'))),
  );
}

/** Returns the names of the variables whose value a command changes. */
function changed({ before, after }: Step): readonly string[] {
  const [was, is] = [before.env?.variables, after.env?.variables];
  const names = new Set([...(was?.keys() ?? []), ...(is?.keys() ?? [])]);
  return [...names].filter((name) => (was?.get(name)?.value ?? '') !== (is?.get(name)?.value ?? ''));
}

/** Flags that Go 1.21 already has, so that an older Go does not lose them. */
const sinceLong: ReadonlySet<string> = new Set([
  ...plainFlags.filter((name) => name !== 'json'),
  ...testFlags,
  ...Object.keys(toolWords),
  ...['run', 'short', 'timeout', 'vet'],
  ...[
    'mod',
    'modfile',
    'tags',
    'race',
    'msan',
    'asan',
    'buildvcs',
    'buildmode',
    'overlay',
    'toolexec',
    'compiler',
    'pgo',
  ],
  ...['cover', 'covermode', 'coverpkg', 'installsuffix', 'linkshared', 'pkgdir'],
]);

/**
 * Explains why another Go may not know a setting: experiments and FIPS modules come and go, and flags were
 * added. The known settings are read only from the tree that builds.
 */
function unknownToTree({ before, after }: Step): string | undefined {
  if (after.unknownTree !== undefined) return after.unknownTree;
  const [was, is] = [effectiveVersion(before), effectiveVersion(after)];
  if (was === is || was === '') return undefined;
  const set = ['GOEXPERIMENT', 'GOFIPS140'].find((name) => {
    const fact = after.env?.variables.get(name);
    return fact !== undefined && fact.origin.kind !== 'default' && fact.value !== '' && fact.value !== 'off';
  });
  if (set !== undefined) return `whether go${is} knows ${set}=${effectiveValue(after, set)} was not checked`;
  const { flags: all } = parseGoflags(effectiveValue(after, 'GOFLAGS'));
  const young = compareGoVersions(is, was) < 0 ? all.find(({ name }) => !sinceLong.has(name)) : undefined;
  return young === undefined ? undefined : `whether go${is} has the flag -${young.name} was not checked`;
}

/**
 * Explains which effect of a command is harmful or unknown; undefined if builds are known to work as before.
 */
export function unknownAfter(step: Step): string | undefined {
  const ofTree = unknownToTree(step);
  if (ofTree !== undefined) return ofTree;
  for (const name of changed(step)) {
    if (isRefused(name, step.conflicts)) continue;
    const judge =
      judges[name] ??
      (name.startsWith('CGO_')
        ? compilers
        : always(`how builds behave with another ${name} was not checked`));
    const why = judge(step);
    if (why === undefined) continue;
    const value = effectiveValue(step.after, name);
    const place = step.after.env?.variables.get(name)?.origin.path;
    return place === undefined || value.includes(redacted)
      ? why
      : `${place} has ${name}=${value}, and ${why}`;
  }
  return otherRelease(step.before, step.after);
}

const order = ['none', 'patch', 'minor', 'major'];

/**
 * Returns a conflict that a command causes or makes worse: its rule and key did not exist before at that
 * level. Conflicts of level patch do not stop builds and are ignored.
 */
export function newConflict(before: readonly Finding[], after: readonly Finding[]): Finding | undefined {
  const rank = (level: string) => order.indexOf(level);
  const weight = ({ rule, key }: Finding) =>
    Math.max(
      0,
      ...before.filter((one) => one.rule === rule && one.key === key).map(({ level }) => rank(level)),
    );
  return after.find((one) => rank(one.level) > Math.max(weight(one), rank('patch')));
}
