/** Conflicts inside and around GOROOT (contract §3: goroot-*). */
import type { Rule } from './rule.ts';
import { unset } from './rule.ts';

/** GOROOT points at another tree than the one of the go that answers. */
export const gorootMismatch: Rule = (world) => {
  const local = world.toolchain?.local;
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
      repair: unset(world, 'GOROOT'),
    },
  ];
};

/** Programs of one tree that were built as different versions. */
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

/** GOROOT exists but is no Go tree. */
export const gorootNotSdk: Rule = (world) => {
  const local = world.toolchain?.local;
  if (local === undefined) return [];
  const { exists, pkgTool, src } = local.gorootParts;
  if (exists && pkgTool && src) return [];
  const lack = !exists ? 'does not exist' : !pkgTool ? 'has no pkg/tool' : 'has no src';
  return [
    {
      key: 'toolchain.goroot',
      expected: local.ownGoroot,
      actual: local.goroot,
      ...(local.gorootOrigin.kind === 'default' ? {} : { origin: local.gorootOrigin }),
      summary: `GOROOT=${local.goroot} ${lack}: go finds no ${pkgTool ? 'standard library' : 'compiler'} and every build fails`,
      repair:
        local.gorootOrigin.kind === 'default' ? `unpack go${local.version} again` : unset(world, 'GOROOT'),
    },
  ];
};

/** The label file and the binary disagree. */
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
