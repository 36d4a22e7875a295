import { describe, expect, it } from 'vitest';
import { found, local, rulesOf } from './world.ts';

const without = (name: string) => ({ programs: local.programs.filter((program) => program.name !== name) });

describe('toolchain-partial', () => {
  it.each(['compile', 'link', 'asm'])('holds of a tree without %s', (tool) => {
    expect(found('toolchain-partial', { local: without(tool) })[0]?.summary).toContain(
      `pkg/tool has no ${tool}`,
    );
  });

  it.each([
    ['without cgo', without('cgo')],
    ['of before go1.21', { ...without('asm'), version: '1.20.14', label: '1.20.14', programs: [] }],
  ])('does not of one %s', (_, part) => {
    expect(rulesOf({ local: part })).toEqual([]);
  });

  it.each([
    ['truncated', 1],
    ['not executable', 1],
    ['no build info', 0],
    ['cannot be read', 0],
  ])('with a compiler that is %s: %i', (problem, count) => {
    const programs = local.programs.map((one) =>
      one.name === 'compile' ? { name: 'compile', problem } : one,
    );
    expect(found('toolchain-partial', { local: { programs } })).toHaveLength(count);
  });
});
