/** Conflicts inside and around GOROOT (contract §3: goroot-*). */
import type { LocalToolchain } from '../facets/toolchain.ts';
import type { Conflict, Rule, World } from './rule.ts';
import { takeAway } from './rule.ts';

/**
 * Returns the tree that builds; undefined if a toolchain switch overrides the GOROOT that was set. Go sets
 * GOROOT for a toolchain of the module cache, and removes it from the process environment for one on PATH
 * (cmd/go/internal/toolchain/exec.go, execGoToolchain).
 */
function settledLocal(world: World): LocalToolchain | undefined {
  const { local, selection } = world.toolchain ?? {};
  if (local === undefined || local.gorootOrigin.kind === 'default') return local;
  const overridden =
    selection?.outcome === 'cached' ||
    (selection?.outcome === 'path' && local.gorootOrigin.kind === 'process');
  return overridden ? undefined : local;
}

/** Reports a GOROOT that is not the tree of the started go. */
export const gorootMismatch: Rule = (world) => {
  const local = settledLocal(world);
  if (local === undefined || local.gorootOrigin.kind === 'default' || local.goroot === local.ownGoroot)
    return [];
  const compiler = local.programs.find((program) => program.name === 'compile')?.version;
  if (compiler === local.version) return [];
  return [
    {
      key: 'toolchain.goroot',
      expected: local.ownGoroot,
      actual: local.goroot,
      origin: local.gorootOrigin,
      summary: `GOROOT=${local.goroot} is not the tree of ${local.path} (go${local.version}): ${compiler === undefined ? 'go looks for its compiler there and finds none' : `builds fail with "version go${compiler} does not match go tool version go${local.version}"`}`,
      ...takeAway(world, 'GOROOT'),
    },
  ];
};

/** Reports a tree whose programs were built as different versions. */
export const gorootMixed: Rule = (world) => {
  const local = world.toolchain?.local;
  if (local === undefined || local.goroot !== local.ownGoroot) return [];
  const strangers = local.programs.filter(
    (program) => program.version !== undefined && program.version !== local.version,
  );
  if (strangers.length === 0) return [];
  return [
    {
      key: 'toolchain.goroot',
      expected: local.version,
      actual: strangers.map((program) => `${program.name} ${program.version}`).join(', '),
      summary: `${local.goroot} mixes versions: go is ${local.version}, ${strangers.map((program) => `${program.name} is ${program.version}`).join(', ')}; builds fail or mix object files`,
      repair: `remove ${local.goroot} and unpack one version into an empty directory`,
    },
  ];
};

/** Reports a GOROOT that is missing or not a Go tree. */
export const gorootNotSdk: Rule = (world) => {
  const local = settledLocal(world);
  if (local === undefined) return [];
  const { exists, pkgTool, src } = local.gorootParts;
  if (exists && pkgTool && src) return [];
  if (local.goroot === '') return [outsideOfTree(local)];
  const lack = !exists ? 'does not exist' : !pkgTool ? 'has no pkg/tool' : 'has no src';
  return [
    {
      key: 'toolchain.goroot',
      expected: local.ownGoroot,
      actual: local.goroot,
      ...(local.gorootOrigin.kind === 'default' ? {} : { origin: local.gorootOrigin }),
      summary: `GOROOT=${local.goroot} ${lack}: go finds no ${pkgTool ? 'standard library' : 'compiler'} and every build fails`,
      ...(local.gorootOrigin.kind === 'default'
        ? { repair: `unpack go${local.version} again` }
        : takeAway(world, 'GOROOT')),
    },
  ];
};

/** Describes a go binary that is not in a Go tree, such as a copy. */
function outsideOfTree({ path, version }: LocalToolchain): Conflict {
  return {
    key: 'toolchain.goroot',
    summary: `${path} lies in no Go tree and GOROOT is not set: every go command fails with "cannot find GOROOT directory"`,
    repair: `put the bin directory of a whole go${version} first on PATH, or a link to its bin/go in place of the copy`,
  };
}

/** Reports a VERSION file that disagrees with the go binary. */
export const gorootLabel: Rule = (world) => {
  const local = world.toolchain?.local;
  if (local?.label === undefined || local.goroot !== local.ownGoroot || local.label === local.version)
    return [];
  return [
    {
      key: 'toolchain.goroot',
      expected: local.version,
      actual: local.label,
      origin: { kind: 'file', path: `${local.goroot}/VERSION`, line: 1 },
      summary: `${local.goroot}/VERSION says ${local.label}, the go binary is ${local.version}: go ignores the file, other tools believe it`,
      repair: `write go${local.version} into line 1 of ${local.goroot}/VERSION, or unpack the toolchain again`,
    },
  ];
};
