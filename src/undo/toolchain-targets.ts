/**
 * Guards the targets of toolchain symlinks. An SDK that was deleted since (`~/sdk` of golang.org/dl is
 * deleted by hand) or that lost files would leave no working go.
 */
import path from 'node:path';
import { isWithin } from '../host/checked-program.ts';
import { linkTarget } from '../host/entry-state.ts';
import { isDirectory, realPathOf } from '../host/files.ts';
import type { EntryPlan } from './plan.ts';

/** Directories that every working GOROOT has. */
const parts = ['bin', 'pkg/tool', 'src'] as const;

/** Returns what a GOROOT lacks. `target` may be the GOROOT, its `bin` or the `go` in there. */
function lacks(target: string): readonly string[] {
  const isIn = (top: string, part: string) => isDirectory({ root: '/', path: path.join(top, part) });
  const tops = [target, path.dirname(target), path.dirname(path.dirname(target))];
  const top = tops.find((one) => parts.some((part) => isIn(one, part)));
  if (top === undefined) return ['bin'];
  const absent = parts.filter((part) => !isIn(top, part));
  const hasGo = realPathOf({ root: '/', path: path.join(top, 'bin/go') }) !== undefined;
  return hasGo || absent.includes('bin') ? absent : [...absent, 'bin/go'];
}

/**
 * Returns why symlinks must not point to their approved targets again. `trees` are directories that the same
 * plan lays out: what lies in them is complete afterwards.
 */
export function guardTargets({ steps }: EntryPlan, trees: readonly string[] = []): readonly string[] {
  return steps.flatMap(({ role, path: shown, directory, after }) => {
    if (role !== 'toolchain-link' || after.kind !== 'link') return [];
    const named = linkTarget(directory, after.to);
    const target = realPathOf({ root: '/', path: named });
    if (trees.some((tree) => isWithin(target ?? path.normalize(named), tree))) return [];
    if (target === undefined)
      return [`${shown} led to ${after.to}, which is not there any more: install that release again first`];
    const absent = lacks(target);
    return absent.length === 0
      ? []
      : [
          `${shown} led to ${after.to}, which has no ${absent.join(', no ')} any more: install that release again first`,
        ];
  });
}
