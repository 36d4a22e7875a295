/** Conflicts of the files of a toolchain (contract §3: toolchain-partial, toolchain-edited). */
import { cachedToolchain } from '../../go/toolchain-files.ts';
import type { LocalToolchain } from '../facets/toolchain.ts';
import { shellWord } from '../shell-word.ts';
import { missingPart } from '../whole-tree.ts';
import type { Conflict, Rule } from './rule.ts';

/** A part of the tree that builds, in words, where this rule and not another tells of it. */
function brokenTool(local: LocalToolchain): string | undefined {
  const { goroot, ownGoroot, gorootParts } = local;
  // A GOROOT set by hand, or one without pkg/tool or src, is the affair of goroot-mismatch and goroot-not-sdk.
  if (goroot !== ownGoroot || !gorootParts.pkgTool || (!gorootParts.src && local.refused.length === 0))
    return undefined;
  return missingPart(local);
}

/**
 * How to get a whole tree. One of the module cache that go switches to it unpacks again, from the zip that is there, when it finds the mark of an
 * unpacking that did not end; nobody does that for a tree that is on PATH itself.
 */
function wholeTree(
  goroot: string,
  switched: boolean,
  refused: readonly string[] = [],
): Pick<Conflict, 'repair' | 'fix'> {
  const cached = switched ? cachedToolchain(goroot) : undefined;
  if (cached !== undefined) {
    const mark = `${cached.modcache}/${cached.partial}`;
    return {
      repair: `touch ${shellWord(mark)}: the next go command that needs it unpacks it again`,
      fix: { action: 'run', argv: ['touch', '--', mark] },
    };
  }
  if (refused.length === 0)
    return { repair: 'remove the directory and unpack the toolchain again into an empty one' };
  const files = refused.map((name) => `${goroot}/${name}`);
  return {
    repair: `chmod a+rx ${files.map(shellWord).join(' ')}, as their owner`,
    fix: { action: 'run', argv: ['chmod', 'a+rx', '--', ...files] },
  };
}

/** A half-extracted toolchain. */
export const toolchainPartial: Rule = (world) => {
  const { local, brokenSwitch, selection } = world.toolchain ?? {};
  if (brokenSwitch !== undefined)
    return [
      {
        key: 'toolchain.goroot',
        expected: selection?.wanted ?? '',
        origin: { kind: 'file', path: brokenSwitch.goroot },
        summary: `a build here switches to ${selection?.wanted}, which lies unfinished in the module cache: every go command fails with "${brokenSwitch.says}"`,
        ...wholeTree(brokenSwitch.goroot, true),
      },
    ];
  if (local === undefined) return [];
  const partial = local.partial ?? brokenTool(local);
  if (partial === undefined) return [];
  return [
    {
      key: 'toolchain.goroot',
      summary: `the toolchain's directory is incomplete (${partial}): builds fail, or mix two versions`,
      ...wholeTree(
        local.goroot,
        selection?.outcome === 'cached',
        local.partial === undefined ? local.refused : [],
      ),
    },
  ];
};

/** A toolchain of the module cache is not what was downloaded: go looked at the hash when it unpacked it, and never again. */
export const toolchainEdited: Rule = (world) => {
  const local = world.toolchain?.local;
  if (local?.edited === undefined) return [];
  const { expected, actual } = local.edited;
  return [
    {
      key: 'toolchain.digest',
      expected,
      actual,
      origin: { kind: 'file', path: local.goroot },
      summary: `the files of ${local.goroot} are not those of go${local.version} as it was downloaded: what is built with it may be wrong, and go does not look`,
      repair: `chmod -R u+w '${local.goroot}' && rm -rf '${local.goroot}': the next go command that needs it unpacks it again`,
    },
  ];
};
