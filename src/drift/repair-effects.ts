/**
 * The one rule of what a command may change (decision 0081): every variable that has another value after it is one whose consequences are
 * known from what was collected, or one by which nothing works now, so that nothing can be worse. What was not collected, not evaluated or is
 * not in the table is unknown, and unknown counts as harm: the repair is words then.
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

/** The worlds around a command, and the conflicts of the one before it. */
export interface Step {
  readonly before: World;
  readonly after: World;
  readonly conflicts: readonly Finding[];
}

/** Why what follows from another value is not known, in words; undefined where it is known and does no harm. */
type Judge = (step: Step) => string | undefined;

const harmless: Judge = () => undefined;
const always =
  (why: string): Judge =>
  () =>
    why;

/** Whether builds of a world read modules at all. */
function readsModules(world: World): boolean {
  return world.toolchain?.hasModule !== false && effectiveValue(world, 'GO111MODULE') !== 'off';
}

/** Whether a module of the list comes from a module cache, not from a folder. */
const isVersioned = ({ replacement }: { readonly replacement?: { readonly version?: string } }) =>
  replacement === undefined || replacement.version !== undefined;

/** Whether go.sum and go.work.sum have all that builds ask them for: then the checksum database is asked for nothing. */
const recorded: Judge = ({ before }) => {
  const { modules, modulesUnjudged } = before;
  if (!readsModules(before)) return undefined;
  if (modules === undefined || modulesUnjudged !== undefined) return 'which modules builds read is not known';
  if (modules.source === 'vendor') return undefined;
  if (modules.state !== 'complete') return 'not all modules that builds read are known';
  const [first] = modules.sums;
  if (first !== undefined) return `the sum of ${first.module || first.origin.path} is not recorded`;
  const lacking = modules.list.find((one) => isVersioned(one) && one.sum === undefined);
  // With -mod=mod go adds what go.sum lacks, so nothing was told of it.
  return lacking !== undefined &&
    flagValue(parseGoflags(effectiveValue(before, 'GOFLAGS')).flags, 'mod') === 'mod'
    ? `go.sum lacks ${lacking.path}, which -mod=mod adds`
    : undefined;
};

/** Whether the module cache has every module of the list. */
const present: Judge = ({ before }) => {
  const { modules } = before;
  if (!readsModules(before) || modules?.source === 'vendor') return undefined;
  if (modules?.list.every((one) => !isVersioned(one)) === true) return undefined;
  const { absent = 1, pending = 0 } = modules?.extracted ?? {};
  if (absent === 0 && pending === 0) return undefined;
  const nothingIsFetched = effectiveValue(before, 'GOPROXY') === 'off';
  const isPrivate = effectiveValue(before, 'GONOPROXY') !== '' || effectiveValue(before, 'GOPRIVATE') !== '';
  // Builds get along with what is here.
  if (nothingIsFetched && !isPrivate && modules?.unavailable.length === 0) return undefined;
  return 'not every module is in the module cache, and nobody asked whether the others can be had then';
};

/** Both: where modules come from does not matter. */
const fetched: Judge = (step) => recorded(step) ?? present(step);

/** With GOPROXY=off nothing is fetched: what builds so asks no proxy, whichever is named. With -mod=mod go may look for what go.mod lacks. */
const proxies: Judge = (step) => {
  const value = (name: string) => effectiveValue(step.before, name);
  const isWritten = flagValue(parseGoflags(value('GOFLAGS')).flags, 'mod') === 'mod';
  return value('GOPROXY') === 'off' && !isWritten ? undefined : fetched(step);
};

/** Whether a build takes the files that it took, where settings change that decide about tags of these kinds. */
const sameFiles =
  (...kinds: readonly TagKind[]): Judge =>
  ({ before }) =>
    otherFiles(before, (tag) => kinds.includes(tagKind(tag)));

const tagsOf = (world: World) => namedTags(parseGoflags(effectiveValue(world, 'GOFLAGS')).flags);

/** The same for the words of -tags. */
const sameTags: Judge = ({ before, after }) => {
  const [was, is] = [tagsOf(before), tagsOf(after)];
  return otherFiles(before, (tag) => was.includes(tag) !== is.includes(tag));
};

/** Another module cache, which nobody has looked at. */
const otherCache: Judge = ({ before }) => {
  const { selection } = before.toolchain ?? {};
  if (selection?.outcome === 'cached')
    return `another module cache comes into force, and ${selection.wanted} lies in this one`;
  if (effectiveValue(before, 'GO111MODULE') === 'off') return 'packages are looked for elsewhere then';
  // Where there is none, nothing is left behind.
  if (before.env?.variables.get('GOMODCACHE')?.value === '' || !readsModules(before)) return undefined;
  const { modules } = before;
  const needsNone = modules?.source === 'vendor' || modules?.list.every((one) => !isVersioned(one)) === true;
  if (needsNone) return undefined;
  return effectiveValue(before, 'GOPROXY') === 'off'
    ? 'another module cache comes into force, and GOPROXY=off downloads nothing into it'
    : 'another module cache comes into force, and nobody asked whether all can be had anew';
};

/** The C compiler and what it is given. */
const compilers: Judge = ({ before, after }) => {
  if (effectiveValue(after, 'CGO_ENABLED') !== '1' || before.env?.compilerFound === false) return undefined;
  return 'nobody has looked whether packages with cgo are built so';
};

/** Which go builds is asked of Go's own selection (settled-fixes.ts), where that is known. */
const selected: Judge = ({ before }) =>
  before.toolchain?.switches === undefined ? 'which go builds then is not known' : undefined;

/** Flags without a part in what a build takes and whether tests pass (cmd/go/internal/work/build.go). */
const plainFlags = ['a', 'n', 'v', 'x', 'work', 'json', 'modcacherw'];
/** Flags that tests may live by: those that share a database ask for -p=1, and those that look for their sources cannot have -trimpath. */
const testFlags = ['p', 'trimpath', 'bench', 'benchtime', 'count', 'cpu', 'failfast', 'parallel'];
/** Words for the linker and the compiler that only leave out or tell something (cmd/link, cmd/compile); tests that patch functions live by -l. */
const toolWords: Readonly<Record<string, readonly string[]>> = {
  ldflags: ['-s', '-w'],
  gcflags: ['-m'],
  asmflags: [],
};

/** Whether a flag for a tool consists of words without a part in whether programs can be built. */
const toolFlag =
  (name: string): Judge =>
  ({ before, after }) => {
    const words = [before, after].flatMap((world) =>
      parseGoflags(effectiveValue(world, 'GOFLAGS'))
        .flags.filter((flag) => flag.name === name)
        .flatMap(({ value = '' }) => value.replace(/^all=/, '').split(/\s+/).filter(Boolean)),
    );
    const other = words.find((word) => toolWords[name]?.includes(word) !== true);
    return other === undefined ? undefined : `nobody has looked whether builds live by -${name}`;
  };

/** Builds without the -mod that is there are known; with another one they are not. */
const modFlag: Judge = ({ before, after }) => {
  const [was, is] = [before, after].map((world) =>
    flagValue(parseGoflags(effectiveValue(world, 'GOFLAGS')).flags, 'mod'),
  );
  const { modules } = before;
  if (modules?.livesByMod !== undefined) return `without -mod=${was} ${modules.livesByMod}`;
  const isKnown = modules !== undefined && before.modulesUnjudged === undefined;
  if (!isKnown && readsModules(before)) return 'which modules builds read is not known';
  return is === undefined ? undefined : `nobody has looked at what builds read with -mod=${is}`;
};

const flagJudges: Readonly<Record<string, Judge>> = {
  ...Object.fromEntries(plainFlags.map((name) => [name, harmless])),
  ...Object.fromEntries(
    testFlags.map((name) => [name, always(`nobody has looked whether tests live by -${name}`)]),
  ),
  ...Object.fromEntries(Object.keys(toolWords).map((name) => [name, toolFlag(name)])),
  mod: modFlag,
  modfile: always('another go.mod comes into force, which nobody has looked at'),
  tags: sameTags,
  // Without it go asks the repository, of which nobody has looked whether it answers.
  buildvcs: ({ after }) =>
    /^(0|f)/i.test(flagValue(parseGoflags(effectiveValue(after, 'GOFLAGS')).flags, 'buildvcs') ?? '')
      ? undefined
      : 'nobody has looked whether programs can be stamped then',
  ...Object.fromEntries(['race', 'msan', 'asan'].map((name) => [name, sameFiles('sanitizer')])),
};

/** The flags of GOFLAGS that are not the same after a command. */
function flags(step: Step): string | undefined {
  const [was, is] = [step.before, step.after].map(
    (world) => parseGoflags(effectiveValue(world, 'GOFLAGS')).flags,
  );
  for (const name of new Set([...(was ?? []), ...(is ?? [])].map((flag) => flag.name))) {
    const texts = [was, is].map((all) =>
      (all ?? []).filter((flag) => flag.name === name).map(({ text }) => text),
    );
    if (texts[0]?.join('\0') === texts[1]?.join('\0')) continue;
    const judge = flagJudges[name] ?? always(`nobody has looked at how builds go with -${name} changed`);
    const why = judge(step);
    if (why !== undefined) return why;
  }
  return undefined;
}

const row = (judge: Judge, ...names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [name, judge]));

/** What has to be known of each variable. One that is not here may mean anything. */
const judges: Readonly<Record<string, Judge>> = {
  ...row(harmless, 'GOTELEMETRY', 'GOTELEMETRYDIR', 'GOBIN', 'GOPACKAGESDRIVER', 'GCCGO'),
  // The go command is a Go program, and asks some settings itself (embedfollowsymlinks, allowmultiplevcs).
  ...row(always('nobody has looked whether go itself builds by it'), 'GODEBUG'),
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
  ...row(always('another go.work or go.mod comes into force, which nobody has looked at'), 'GOWORK'),
  GOTOOLCHAIN: selected,
  GOFLAGS: flags,
};

/** Rules that say that nothing which reads the value passes: whatever comes in its place, that is no worse. */
const refusals: ReadonlySet<string> = new Set(['env-invalid', 'goenv-invalid']);
const stoppers: ReadonlySet<string> = new Set([
  'goflags-unknown',
  'goflags-file-missing',
  'goexperiment-invalid',
  'goos-goarch-unsupported',
  'goarch-level-invalid',
  'godebug-removed',
]);

/** Whether nothing that reads a variable passes with the value that it has. */
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

/** The variables that have another value after a command, by their names. */
function changed({ before, after }: Step): readonly string[] {
  const [was, is] = [before.env?.variables, after.env?.variables];
  const names = new Set([...(was?.keys() ?? []), ...(is?.keys() ?? [])]);
  return [...names].filter((name) => (was?.get(name)?.value ?? '') !== (is?.get(name)?.value ?? ''));
}

/** Flags that a Go of 1.21 has as well, so that going back to an older one takes none of them away. */
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

/** What of a setting another Go may not know: experiments and FIPS modules come and go, and flags came. What each tree knows is read of the one that builds. */
function unknownToTree({ before, after }: Step): string | undefined {
  if (after.unknownTree !== undefined) return after.unknownTree;
  const [was, is] = [effectiveVersion(before), effectiveVersion(after)];
  if (was === is || was === '') return undefined;
  const set = ['GOEXPERIMENT', 'GOFIPS140'].find((name) => {
    const fact = after.env?.variables.get(name);
    return fact !== undefined && fact.origin.kind !== 'default' && fact.value !== '' && fact.value !== 'off';
  });
  if (set !== undefined)
    return `nobody has looked whether go${is} knows ${set}=${effectiveValue(after, set)}`;
  const { flags: all } = parseGoflags(effectiveValue(after, 'GOFLAGS'));
  const young = compareGoVersions(is, was) < 0 ? all.find(({ name }) => !sinceLong.has(name)) : undefined;
  return young === undefined ? undefined : `nobody has looked whether go${is} has the flag -${young.name}`;
}

/** What is not known of the world after a command, or does harm there, in words; undefined where builds are known to go on as they did. */
export function unknownAfter(step: Step): string | undefined {
  const ofTree = unknownToTree(step);
  if (ofTree !== undefined) return ofTree;
  for (const name of changed(step)) {
    if (isRefused(name, step.conflicts)) continue;
    const judge =
      judges[name] ??
      (name.startsWith('CGO_')
        ? compilers
        : always(`nobody has looked at how builds go with another ${name}`));
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
 * A conflict that a command brings, or makes worse: one of a rule and key that were not there at that level. Those of level patch say that builds
 * pass, and do not count.
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
