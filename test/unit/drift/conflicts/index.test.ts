// The conflict rules on plain facts, one file per rule: when a rule reports and when it is silent.
// test/scenarios/ checks the real go in such worlds.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { conflictRules } from '../../../../src/catalog/rules.ts';
import { variables as catalogue } from '../../../../src/catalog/variables.ts';
import { findConflicts } from '../../../../src/drift/conflicts/index.ts';
import { rulesOf, worldOf } from './world.ts';

describe('findConflicts', () => {
  it('reports nothing for a healthy world and for a world without facts', () => {
    expect(rulesOf({})).toEqual([]);
    expect(findConflicts({ workspace: '' })).toEqual([]);
  });

  it('works with the environment alone and with the toolchain alone', () => {
    const { env, toolchain } = worldOf({ process: { GOSUMDB: 'off' }, local: { label: '1.25.0' } });
    expect(findConflicts({ workspace: '', ...(env && { env }) }).map(({ rule }) => rule)).toEqual([
      'sumdb-disabled',
    ]);
    expect(findConflicts({ workspace: '', ...(toolchain && { toolchain }) }).map(({ rule }) => rule)).toEqual(
      ['goroot-label'],
    );
  });

  it('never throws, and gives every finding a repair, for any values of variables', () => {
    const words = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('off', '*', 'junk', '/', '~', '-', "'", ',', 'v9', 'go1.27'),
    );
    const values = fc.dictionary(fc.constantFrom(...catalogue.map(({ name }) => name)), words);
    fc.assert(
      fc.property(values, values, (first, second) => {
        for (const finding of findConflicts(worldOf({ process: first, goenv: second }))) {
          expect(conflictRules.map(({ rule }) => rule)).toContain(finding.rule);
          expect(finding.summary).not.toBe('');
          expect(finding.repair).not.toBe('');
          expect(finding.summary + finding.repair + (finding.actual ?? '')).not.toMatch(/\p{Cc}/u);
          expect(['patch', 'minor', 'major']).toContain(finding.level);
        }
      }),
    );
  });
});
