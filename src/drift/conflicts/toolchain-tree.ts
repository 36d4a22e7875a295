/** Conflicts of the files of a toolchain (contract §3: toolchain-partial, toolchain-edited). */
import { cachedToolchain } from '../../go/toolchain-files.ts';
import type { LocalToolchain } from '../facets/toolchain.ts';
import { shellWord } from '../shell-word.ts';
import { missingPart } from '../whole-tree.ts';
import type { Conflict, Rule } from './rule.ts';

/** Returns the fault of the tree that builds, in words, if no other rule reports it. */
function brokenTool(local: LocalToolchain): string | undefined {
  const { goroot, ownGoroot, gorootParts } = local;
  // An explicitly set GOROOT, or one without pkg/tool or src, is reported by goroot-mismatch and
  // goroot-not-sdk.
  if (goroot !== ownGoroot || !gorootParts.pkgTool || (!gorootParts.src && local.refused.length === 0))
    return undefined;
  return missingPart(local);
}

/**
 * Returns the repair of an incomplete tree. If go switches to a toolchain of the module cache and finds the
 * mark of an unfinished extraction, it extracts the zip again, so the repair creates that mark. A tree on
 * PATH must be replaced by hand.
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

/** Reports a partially extracted toolchain. */
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

/**
 * Reports a toolchain of the module cache whose files are not those that were downloaded. Go checks the hash
 * when it extracts a toolchain, and never again.
 */
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
