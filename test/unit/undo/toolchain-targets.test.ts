/** A toolchain symlink is restored only to a complete toolchain. */
import { mkdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { EntryPlan } from '../../../src/undo/plan.ts';
import { guardTargets } from '../../../src/undo/toolchain-targets.ts';
import { scratch } from '../../lab/toolchains.ts';

function planTo(directory: string, to: string): EntryPlan {
  const step = {
    kind: 'restore-link',
    role: 'toolchain-link',
    path: path.join(directory, 'go'),
    directory,
    name: 'go',
    before: { kind: 'absent' },
    after: { kind: 'link', to },
  } as const;
  return {
    target: 'api',
    workspace: '/src',
    facet: 'toolchain',
    steps: [step],
    contents: new Map(),
    refusals: [],
  };
}

describe('a toolchain symlink', () => {
  it('is restored to a complete tree, to its go, and to its bin', () => {
    const top = realpathSync(scratch('sdk'));
    const tree = path.join(top, 'sdk/go1.99.0');
    for (const part of ['bin', 'pkg/tool', 'src']) mkdirSync(path.join(tree, part), { recursive: true });
    writeFileSync(path.join(tree, 'bin/go'), '');
    symlinkSync('go1.99.0', path.join(top, 'sdk/current'));
    for (const to of ['sdk/go1.99.0', 'sdk/current', `${tree}/bin`, `${tree}/bin/go`])
      expect(guardTargets(planTo(top, to)), to).toEqual([]);
    rmSync(path.join(tree, 'pkg'), { recursive: true });
    expect(guardTargets(planTo(top, 'sdk/current'))).toEqual([
      expect.stringContaining('has no pkg/tool any more'),
    ]);
    rmSync(path.join(tree, 'bin/go'));
    expect(guardTargets(planTo(top, tree))).toEqual([
      expect.stringContaining('no pkg/tool, no bin/go any more'),
    ]);
    rmSync(tree, { recursive: true });
    expect(guardTargets(planTo(top, 'sdk/current'))).toEqual([
      expect.stringContaining('is not there any more'),
    ]);
    // The plan that exchanges the link lays the tree out before it.
    expect(guardTargets(planTo(top, 'sdk/go1.99.0'), [tree])).toEqual([]);
    expect(guardTargets(planTo(top, 'sdk/go1.98.0'), [tree])).toHaveLength(1);
  });
});
