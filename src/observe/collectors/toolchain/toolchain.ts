/**
 * The facet `toolchain`: the `go` that answers, its tree, the tree that a build would use, and the SDKs that
 * a repair may name.
 */
import path from 'node:path';
import type { LocalToolchain, ToolchainFacts } from '../../../drift/facets/toolchain.ts';
import type { Outcome } from '../../../drift/model.ts';
import { pathOf, stampOf } from '../../../host/files.ts';
import { mayRead } from '../../../host/reader.ts';
import { gorootParts, readPrograms, realPathOrSelf, refusedPrograms } from '../../environment/go-tree.ts';
import type { Sources } from '../../environment/sources.ts';
import { candidatesOf, installedSdks, partialMark, switchFacts } from './sdks.ts';
import type { AskDigest, TreeDigest } from './toolchain-digest.ts';
import { untrustedNames } from './untrusted.ts';

function localFacts(sources: Sources): LocalToolchain | undefined {
  const { root, local, variables } = sources;
  if (local === undefined) return undefined;
  // The tree that builds is that of the selected toolchain, unless GOROOT is set.
  const tree = sources.effective ?? local;
  const fact = variables.get('GOROOT');
  // A toolchain of the module cache is started with its own GOROOT, regardless of settings.
  const own = sources.selection?.outcome === 'cached';
  const set = fact !== undefined && fact.origin.kind !== 'default' && !own;
  const goroot = set ? realPathOrSelf(root, fact.value) : tree.goroot;
  const partial = partialMark(root, tree.goroot);
  return {
    path: tree.path,
    realPath: tree.realPath,
    version: tree.version,
    ownGoroot: tree.goroot,
    goroot,
    gorootOrigin: set ? fact.origin : { kind: 'default' },
    gorootParts: gorootParts(root, goroot),
    programs: readPrograms(sources.environment, goroot, tree.os, tree.arch),
    refused: refusedPrograms(sources.environment, goroot, tree.os, tree.arch),
    ...(sources.tree.label === undefined ? {} : { label: sources.tree.label }),
    ...(partial === undefined ? {} : { partial }),
  };
}

/**
 * Returns the stamps of what the installation of another tree at the same path replaces (including
 * directories, whose stamps change when a file is added).
 */
function installationMark({ root, effective, local }: Sources, { goroot }: LocalToolchain): string {
  const { os = '', arch = '' } = effective ?? local ?? {};
  const tools = `pkg/tool/${os}_${arch}`;
  const names = [
    'VERSION',
    'bin',
    'bin/go',
    'src',
    tools,
    ...['compile', 'link', 'asm'].map((tool) => `${tools}/${tool}`),
  ];
  return names
    .map((name) => stampOf({ root, path: path.join(goroot, name) }))
    .map((stamp) =>
      stamp === undefined ? '-' : [stamp.inode, stamp.size, stamp.mtimeMs, stamp.ctimeMs].join(' '),
    )
    .join('\n');
}

/**
 * Returns what is known of the tree that builds; nothing for an incomplete tree, which other rules report.
 */
async function digestOf(
  sources: Sources,
  local: LocalToolchain | undefined,
  ask: AskDigest | undefined,
): Promise<TreeDigest> {
  if (local === undefined || ask === undefined) return {};
  const { exists, pkgTool, src } = local.gorootParts;
  if (!exists || !pkgTool || !src) return {};
  const { root } = sources;
  const { goroot } = local;
  // The digest is computed with godrift's own credentials, so it is withheld from users who may not read the
  // tree.
  const parts = ['', 'src', 'pkg', 'pkg/tool'].map((name) => pathOf({ root, path: path.join(goroot, name) }));
  if (!parts.every(mayRead)) return { why: 'permission denied' };
  return await ask({
    root,
    path: goroot,
    real: realPathOrSelf(root, goroot),
    mark: installationMark(sources, local),
  });
}

/** Reports whether there may be a `go` that could not be identified from its file. */
function whoseIsUnclear({ local, candidates }: Sources): boolean {
  return local === undefined && candidates[0]?.unclear === true;
}

/** Collects the facet; `ask` returns what is known of the tree's digest. */
export async function collectToolchain(sources: Sources, ask?: AskDigest): Promise<Outcome<ToolchainFacts>> {
  const found = localFacts(sources);
  const switches = switchFacts(sources);
  const { runnable } = sources;
  const { digest, edited, pending } = await digestOf(sources, found, ask);
  const local = found && {
    ...found,
    ...(digest === undefined ? {} : { digest }),
    ...(edited === undefined ? {} : { edited }),
  };
  return {
    status: 'ok',
    facts: {
      candidates: candidatesOf(sources),
      ...(sources.settings.go === undefined ? {} : { named: true as const }),
      relativeEntries: sources.relativeEntries,
      linkedOut: sources.linkedOut,
      ...('why' in runnable && runnable.theirs !== true ? { notRun: runnable.why } : {}),
      ...(local === undefined ? {} : { local }),
      ...(sources.missing === undefined ? {} : { missing: sources.missing }),
      ...(sources.selection === undefined ? {} : { selection: sources.selection }),
      ...(sources.switchProblem === undefined ? {} : { switchProblem: sources.switchProblem }),
      ...(sources.brokenSwitch === undefined ? {} : { brokenSwitch: sources.brokenSwitch }),
      ...(sources.project === undefined ? {} : { project: sources.project }),
      hasModule: sources.gomod !== undefined || sources.gowork !== undefined,
      knowledge: sources.tree.knowledge,
      installed: installedSdks(sources),
      ...(switches === undefined ? {} : { switches }),
      untrusted: untrustedNames(sources),
    },
    ...(digest === undefined
      ? { unsettled: [whoseIsUnclear(sources) ? 'toolchain.*' : 'toolchain.digest'] }
      : {}),
    ...(pending === undefined ? {} : { pending }),
  };
}
