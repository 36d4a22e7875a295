/**
 * Computes what is certain about a toolchain selection although a snapshot leaves things open. Every possible
 * combination is run through Go's own rules (go/select.ts); those that contradict the snapshot are dropped,
 * and the change is applied to the rest. Where all results agree, the answer is certain.
 */
import { type SelectInput, type Selection, selectToolchain } from '../../go/select.ts';
import { isLanguageVersion, parseGoVersion, toolchainToVersion } from '../../go/version.ts';
import type { Changes, LineChanges } from './changes.ts';
import type { Evidence } from './evidence.ts';
import { representatives } from './versions.ts';

/** Content of a go.env: as released, or as modified by distributions and images. */
type Tree = 'auto' | 'local' | 'local, GOSUMDB=off';

/** The values, in one possible world, of everything that a snapshot leaves open. */
export interface Open {
  readonly go: string;
  readonly toolchain: string;
  /** Version of the go that is started. */
  readonly local: string;
  readonly tree: Tree;
  /** The go.env of the tree that is put first on PATH. */
  readonly treeThen: Tree;
  /** Location of the wanted toolchain, before and after the change. */
  readonly placeBefore: 'path' | 'cached' | 'nowhere';
  readonly placeAfter: 'path' | 'cached' | 'nowhere';
  readonly hasGoMod: boolean;
}

/** One possible state of a member. */
export interface PossibleWorld {
  readonly open: Open;
  readonly before: Selection;
  readonly after: Selection;
  readonly lines: { readonly go: string; readonly toolchain: string };
}

/** The unknowns in words. */
export const openWords: Readonly<Record<keyof Open, string>> = {
  go: 'the go line',
  toolchain: 'the toolchain line',
  local: 'the go that is started',
  tree: 'what go.env of its tree says',
  treeThen: 'what go.env of the tree of --go says',
  placeBefore: 'whether the toolchain that is wanted now is on PATH or in the module cache',
  placeAfter: 'whether the toolchain that is wanted then is on PATH or in the module cache',
  hasGoMod: 'whether there is a go.mod',
};

const places = ['path', 'cached', 'nowhere'] as const;

/** Returns the versions that occur anywhere. Unknown versions are compared only with these. */
export function namedVersions(
  evidence: Evidence,
  { goMod, goWork, go, variables }: Changes,
): ReadonlySet<string> {
  const setting = variables.get('GOTOOLCHAIN');
  const ofSetting = [evidence.setting, setting].map((one) =>
    toolchainToVersion((one ?? '').split('+')[0] ?? ''),
  );
  const ofLines = [goMod, goWork, evidence.lines ?? {}].flatMap((lines: LineChanges) => [
    lines.go ?? '',
    toolchainToVersion(lines.toolchain ?? ''),
  ]);
  const { local = '', go: goLine = '', toolchain = '' } = evidence.host ?? {};
  const ofHost = [local, goLine, toolchainToVersion(toolchain)];
  const named = [evidence.version, go ?? '', ...ofSetting, ...ofLines, ...ofHost].filter(
    (version) => parseGoVersion(version) !== undefined,
  );
  // A go line with a language version asks for its first release.
  const first = named.flatMap((version) => (isLanguageVersion(version) ? [`${version}.0`] : []));
  const languages = named.flatMap((version) => (/^\d+\.\d+\.0$/.test(version) ? [version.slice(0, -2)] : []));
  return new Set([...named, ...first, ...languages]);
}

/** Releases in which the selection rules changed (select.ts). */
const turns = ['1.21', '1.22', '1.27'];

function openTrees({ setting, shipped, host }: Partial<Evidence>): readonly Tree[] {
  if (host !== undefined) return [host.shipped.gotoolchain === 'auto' ? 'auto' : 'local'];
  if (shipped !== undefined) return [shipped === 'auto' ? 'auto' : 'local'];
  return (setting ?? '') === '' ? ['auto', 'local', 'local, GOSUMDB=off'] : ['auto', 'local, GOSUMDB=off'];
}

/**
 * Returns the input of the selection: the recorded and changed values, and the assumed ones for the unknowns.
 */
function inputOf(
  evidence: Evidence,
  open: Open,
  where: Open['placeBefore'],
  changed: {
    readonly local: string;
    readonly lines: PossibleWorld['lines'];
    readonly value: (name: string) => string | undefined;
    readonly tree: Tree;
    /** Whether the tree is the one that is first on PATH now. */
    readonly isOwnTree: boolean;
  },
): SelectInput {
  const { local, lines, value, tree, isOwnTree } = changed;
  const { host } = evidence;
  // Another tree has its own go.env.
  const shipped = isOwnTree ? host?.shipped : undefined;
  // Any proxy will do: the toolchain is assumed to be available somewhere.
  const goproxy = value('GOPROXY') || shipped?.goproxy || 'direct';
  return {
    gotoolchain: { value: value('GOTOOLCHAIN') ?? '', origin: 'the environment' },
    gotoolchainDefault: shipped?.gotoolchain ?? (tree === 'auto' ? 'auto' : 'local'),
    go111module: value('GO111MODULE') ?? '',
    local: { version: local },
    platform: 'linux/amd64',
    project: {
      file: evidence.file === 'unknown' ? 'go.mod' : evidence.file,
      ...(lines.go === '' ? {} : { go: lines.go }),
      ...(lines.toolchain === '' ? {} : { toolchain: lines.toolchain }),
      hasGoMod: open.hasGoMod,
    },
    pathHas: (name) => (host === undefined ? where === 'path' : host.onPath.includes(name)),
    cached: (name) => (host === undefined ? where === 'cached' : host.cached.includes(name)),
    downloads: goproxy === 'off' ? 'off' : 'on',
    sumdb: {
      // Stands for the database that the release names, whichever it is: one that go can query.
      gosumdb:
        value('GOSUMDB') || shipped?.gosumdb || (tree === 'local, GOSUMDB=off' ? 'off' : 'sumdb.example'),
      goproxy,
    },
  };
}

const recorded = (evidence: Evidence) => (name: string) =>
  ({
    GOTOOLCHAIN: evidence.setting,
    GO111MODULE: evidence.go111module,
    GOPROXY: evidence.goproxy,
    GOSUMDB: evidence.gosumdb,
  })[name];

/** Reports whether a world leads to what the snapshot recorded. */
function isRecorded({ version, outcome }: Evidence, selection: Selection): boolean {
  return selection.outcome === outcome && selection.effective === version;
}

/** Returns the possible values of the unknowns before the change. */
function openBefore(evidence: Evidence, named: ReadonlySet<string>) {
  const { lines, outcome, version, go111module, host } = evidence;
  if (host !== undefined)
    return {
      locals: [host.local],
      goLines: [host.go],
      toolchainLines: [host.toolchain],
      modules: [host.hasGoMod],
      wheres: ['nowhere'],
    } as const;
  const locals =
    outcome === 'local'
      ? [version]
      : representatives([...named, ...turns]).filter((one) => !isLanguageVersion(one));
  // A line may also lie between the started go and the next version that occurs.
  const marks = representatives([...named, ...locals]);
  return {
    locals,
    goLines: lines === undefined ? ['', ...marks] : [lines.go ?? ''],
    toolchainLines:
      lines === undefined
        ? ['', 'default', ...marks.filter((one) => !isLanguageVersion(one)).map((one) => `go${one}`)]
        : // A line without a version pins nothing and is published as absent.
          lines.toolchain === undefined
          ? ['', 'default']
          : [lines.toolchain],
    modules:
      evidence.file === 'unknown' && go111module === 'auto' ? [true, false] : [evidence.file !== 'go.work'],
    wheres: outcome === 'local' ? (['nowhere'] as const) : places,
  };
}

/** Yields the worlds before the change that lead to the recorded selection. */
function* before(
  evidence: Evidence,
  named: ReadonlySet<string>,
): Generator<{ open: Open; selection: Selection }> {
  const { locals, goLines, toolchainLines, modules, wheres } = openBefore(evidence, named);
  for (const local of locals)
    for (const tree of openTrees(evidence))
      for (const hasGoMod of modules)
        for (const go of goLines)
          for (const toolchain of toolchainLines)
            for (const placeBefore of wheres) {
              const open: Open = {
                go,
                toolchain,
                local,
                tree,
                treeThen: tree,
                placeBefore,
                placeAfter: placeBefore,
                hasGoMod,
              };
              const changed = {
                local,
                lines: { go, toolchain },
                value: recorded(evidence),
                tree,
                isOwnTree: true,
              };
              const selection = selectToolchain(inputOf(evidence, open, placeBefore, changed));
              if (isRecorded(evidence, selection)) yield { open, selection };
            }
}

/**
 * Returns every possible state of a member with the effect of the change; empty if the record contradicts
 * itself or has no toolchain.
 */
export function possibleWorlds(evidence: Evidence, changes: Changes): readonly PossibleWorld[] {
  // If go gives up, neither the started go nor the wanted toolchain is recorded.
  if (evidence.outcome === undefined || evidence.version === '') return [];
  const named = namedVersions(evidence, changes);
  const own = evidence.file === 'go.work' ? changes.goWork : changes.goMod;
  const value = (name: string) => changes.variables.get(name) ?? recorded(evidence)(name);
  // The new tree may be an unmodified release or one from a distribution.
  const trees = changes.go === undefined ? undefined : openTrees({ setting: value('GOTOOLCHAIN') });
  return [...before(evidence, named)].flatMap(({ open, selection }) =>
    (trees ?? [open.tree]).flatMap((treeThen) => {
      const lines = { go: own.go ?? open.go, toolchain: own.toolchain ?? open.toolchain };
      const changed = {
        local: changes.go ?? open.local,
        lines,
        value,
        tree: treeThen,
        isOwnTree: changes.go === undefined,
      };
      const first = selectToolchain(inputOf(evidence, open, open.placeBefore, changed));
      // If another toolchain is wanted than before, its location is not known.
      const isSame = first.wanted === selection.wanted && selection.outcome !== 'local';
      const isKnown = evidence.host !== undefined || first.outcome === 'local' || isSame;
      const wheres = isKnown ? [open.placeBefore] : places;
      return wheres.map(
        (placeAfter): PossibleWorld => ({
          open: { ...open, treeThen, placeAfter },
          before: selection,
          after:
            placeAfter === open.placeBefore
              ? first
              : selectToolchain(inputOf(evidence, open, placeAfter, changed)),
          lines,
        }),
      );
    }),
  );
}
