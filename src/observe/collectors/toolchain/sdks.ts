/** Finds the Go trees on this host that a repair may name: complete ones that no other user can replace. */
import path from 'node:path';
import type { GoCandidate, ToolchainFacts, TreeSettings } from '../../../drift/facets/toolchain.ts';
import { missingPart } from '../../../drift/whole-tree.ts';
import { knowsToolchains } from '../../../go/defaults.ts';
import { refusingHost } from '../../../go/platform.ts';
import { platformOf, shippedToolchain } from '../../../go/resolve-environment.ts';
import { localToolchain } from '../../../go/select.ts';
import { cachedToolchain } from '../../../go/toolchain-files.ts';
import { compareGoVersions, toolchainToVersion } from '../../../go/version.ts';
import { listDirectory, realPathOf, stampOf } from '../../../host/files.ts';
import { namesIn } from '../../environment/directory-names.ts';
import {
  type GoTree,
  gorootParts,
  goTreeAt,
  readPrograms,
  readSettingsFile,
  refusedPrograms,
} from '../../environment/go-tree.ts';
import { startedByGo } from '../../environment/relative-path.ts';
import { sdkDirectories } from '../../environment/shims.ts';
import type { Sources } from '../../environment/sources.ts';
import { effectiveTree } from '../../environment/switch.ts';
import { publicValue } from '../env/env.ts';
import { untrustedBin } from './untrusted.ts';

/**
 * Returns the `.partial` mark beside a toolchain of the module cache, which means that unpacking did not
 * finish (modfetch.DownloadDir).
 */
export function partialMark(root: string, goroot: string): string | undefined {
  const cached = cachedToolchain(goroot);
  if (cached === undefined) return undefined;
  const mark = path.join(cached.modcache, cached.partial);
  return stampOf({ root, path: mark }) === undefined ? undefined : `${mark} is there`;
}

/**
 * Reports an unfinished download: golang.org/dl keeps the archive in the directory into which it unpacks, and
 * writes `.unpacked-success` last (internal/version, install). A tree unpacked by hand has neither.
 */
function downloadMark(root: string, goroot: string): string | undefined {
  const names = listDirectory({ root, path: goroot });
  const archive = names.find((name) => /^go\d.*\.(?:tar\.gz|zip)$/.test(name));
  if (archive === undefined || names.includes('.unpacked-success')) return undefined;
  return `${path.join(goroot, archive)} was not unpacked completely`;
}

/** Returns what a tree lacks for building, in words; undefined if it is complete. */
function incomplete({ root, environment }: Sources, tree: GoTree): string | undefined {
  const { goroot, os, arch, version } = tree;
  if (goroot === '') return 'it is not in a Go tree';
  return (
    // By its path in the module cache, even if that is a symlink.
    partialMark(root, path.dirname(path.dirname(tree.path))) ??
    partialMark(root, goroot) ??
    downloadMark(root, goroot) ??
    missingPart({
      version,
      gorootParts: gorootParts(root, goroot),
      programs: readPrograms(environment, goroot, os, arch),
      refused: refusedPrograms(environment, goroot, os, arch),
    })
  );
}

/** Returns the `go` programs on PATH; those behind the first one are checked for completeness. */
export function candidatesOf(sources: Sources): readonly GoCandidate[] {
  const [first, ...others] = sources.candidates;
  if (first === undefined) return [];
  const looked = others.map((one): GoCandidate => {
    if (one.version === undefined) return one;
    const tree = goTreeAt(sources.root, one.realPath, sources.environment.credentials);
    const why = 'problem' in tree ? undefined : incomplete(sources, tree);
    return why === undefined ? one : { ...one, incomplete: why };
  });
  return [first, ...looked];
}

/**
 * Returns the paths at which a `go` may exist: on PATH, in the directories of version managers and
 * golang.org/dl, and in the module cache.
 */
function binariesOf({ root, home, variables, local, candidates, environment }: Sources): readonly string[] {
  const binaries: string[] = candidates.filter((one) => one.version !== undefined).map((one) => one.path);
  for (const { directory, go } of sdkDirectories(home, environment.variables)) {
    for (const name of listDirectory({ root, path: directory }))
      binaries.push(path.join(directory, name, go));
  }
  const modcache = variables.get('GOMODCACHE')?.value ?? '';
  const suffix = local === undefined ? '' : `.${local.os}-${local.arch}`;
  if (!modcache.startsWith('/')) return binaries;
  const below = path.join(modcache, 'golang.org');
  const cached = listDirectory({ root, path: below })
    .filter((name) => name.startsWith('toolchain@') && name.endsWith(suffix))
    .map((name) => path.join(below, name, 'bin/go'));
  return [...binaries, ...cached];
}

/**
 * Returns the lines of a tree's go.env, redacted; undefined if the file exists but is unreadable. Go versions
 * before 1.21 have none.
 */
function treeSettings(root: string, { goroot, version }: GoTree): TreeSettings | undefined {
  if (!knowsToolchains(version)) return new Map();
  const file = path.join(goroot, 'go.env');
  const settings = readSettingsFile(root, file);
  if (settings === undefined) return stampOf({ root, path: file }) === undefined ? new Map() : undefined;
  // If a name occurs twice, the first line counts (getenv.ts).
  return new Map([...settings.file.first].map(([name, { value }]) => [name, publicValue(name, value)]));
}

const ofGo: ReadonlySet<string> = new Set(['go', 'gofmt']);

/**
 * Returns a program of a directory that would replace another one if the directory came first on PATH, or
 * that Go starts by name and PATH lacks now; undefined if there is none.
 */
function displacedBy({ root, pathDirectories }: Sources, bin: string): string | undefined {
  const names = [...namesIn({ root, path: bin })].filter((name) => !ofGo.has(name));
  if (names.length === 0) return undefined;
  const real = realPathOf({ root, path: bin });
  const at = pathDirectories.findIndex((directory) => realPathOf({ root, path: directory }) === real);
  const before = (at === -1 ? pathDirectories : pathDirectories.slice(0, at)).map((directory) =>
    namesIn({ root, path: directory }),
  );
  const isNew = (name: string) => at === -1 && startedByGo.includes(name);
  return names.find((name) => isNew(name) || before.some((there) => there.has(name)));
}

/** Returns the complete and trusted trees, oldest version first. */
export function installedSdks(sources: Sources): ToolchainFacts['installed'] {
  const { root, environment, machine } = sources;
  const found: ToolchainFacts['installed'][number][] = [];
  for (const binary of binariesOf(sources)) {
    const tree = goTreeAt(root, binary, environment.credentials);
    if ('problem' in tree || refusingHost(tree, machine) !== undefined) continue;
    const listed = path.dirname(binary);
    if (untrustedBin(sources, listed) !== undefined || incomplete(sources, tree) !== undefined) continue;
    // The target of a symlink in /usr/bin or similar is a directory that contains only go and gofmt.
    const own = path.join(tree.goroot, 'bin');
    const isOwnBetter =
      displacedBy(sources, listed) !== undefined && untrustedBin(sources, own) === undefined;
    const bin = isOwnBetter && displacedBy(sources, own) === undefined ? own : listed;
    const displaces = displacedBy(sources, bin);
    const shipped = shippedToolchain(readSettingsFile(root, path.join(tree.goroot, 'go.env')));
    const settings = treeSettings(root, tree);
    found.push({
      version: tree.version,
      bin,
      shipped,
      ...(settings === undefined ? {} : { settings }),
      ...(namesIn({ root, path: bin }).has('gofmt') ? { gofmt: true } : {}),
      ...(displaces === undefined ? {} : { displaces }),
    });
  }
  return found.sort((a, b) => compareGoVersions(a.version, b.version));
}

/**
 * Returns the toolchains to which `go` may switch. Each one that a repair could lead to is checked for
 * completeness.
 */
export function switchFacts(sources: Sources): ToolchainFacts['switches'] {
  const { local, atHand, selection, environment, variables, home } = sources;
  if (local === undefined || atHand === undefined || selection === undefined) return undefined;
  const { hasGoMod, shipped, onPath, cached, listed } = atHand;
  const modcache = variables.get('GOMODCACHE')?.value ?? '';
  const broken = new Set<string>();
  const settings = new Map<string, TreeSettings>();
  const note = (name: string, tree: GoTree) => {
    const lines = treeSettings(sources.root, tree);
    if (lines !== undefined) settings.set(name, lines);
  };
  note('local', local);
  for (const wanted of new Set([...onPath, ...cached.keys()])) {
    const outcome = onPath.has(wanted) ? 'path' : 'cached';
    const zipped = cached.get(wanted) === 'zipped';
    const chosen = { ...selection, wanted, outcome, effective: toolchainToVersion(wanted) } as const;
    const { tree, problem } = effectiveTree(environment, chosen, local, listed, { modcache, zipped }, home);
    if (tree !== undefined) note(wanted, tree);
    const isWhole = tree !== undefined && problem === undefined && incomplete(sources, tree) === undefined;
    if (!isWhole && !(outcome === 'cached' && zipped)) broken.add(wanted);
  }
  return {
    local: localToolchain(local.runtimeVersion),
    shipped,
    platform: platformOf(local),
    hasGoMod,
    onPath,
    cached: new Set(cached.keys()),
    broken,
    settings,
  };
}
