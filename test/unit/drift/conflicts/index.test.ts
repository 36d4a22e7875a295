// The conflict rules on plain facts: what each needs to speak up, and when it must be quiet, a file a rule. What the real go does in
// such worlds is asked in test/scenarios/.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { conflictRules } from '../../../../src/catalog/rules.ts';
import { variables as catalogue } from '../../../../src/catalog/variables.ts';
import { findConflicts } from '../../../../src/drift/conflicts/index.ts';
import { rulesOf, worldOf } from './world.ts';

describe('findConflicts', () => {
  it('is silent where all is well, and where nothing is known', () => {
    expect(rulesOf({})).toEqual([]);
    expect(findConflicts({ workspace: '' })).toEqual([]);
  });

  it('needs neither of its two halves', () => {
    const { env, toolchain } = worldOf({ process: { GOSUMDB: 'off' }, local: { label: '1.25.0' } });
    expect(findConflicts({ workspace: '', ...(env && { env }) }).map(({ rule }) => rule)).toEqual([
      'sumdb-disabled',
    ]);
    expect(findConflicts({ workspace: '', ...(toolchain && { toolchain }) }).map(({ rule }) => rule)).toEqual(
      ['goroot-label'],
    );
  });

  it('takes any value of any variable, and always says what to do', () => {
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
