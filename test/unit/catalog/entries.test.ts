import { describe, expect, it } from 'vitest';
import { entryRule, entryRules } from '../../../src/catalog/entries.ts';
import { variables } from '../../../src/catalog/variables.ts';

describe('the table of entries', () => {
  it('gives every rule a reason, a weight in (0, 1] and a level that fits the weight', () => {
    for (const rule of entryRules) {
      expect(rule.why.length).toBeGreaterThan(10);
      for (const { weight, level } of [
        rule.plain,
        ...(rule.presence === undefined ? [] : [rule.presence]),
        ...Object.values(rule.parts ?? {}),
      ]) {
        expect(weight).toBeGreaterThan(0);
        expect(weight).toBeLessThanOrEqual(1);
        // Level major needs a weight above 0.2, level patch one of at most 0.2 (rc: a patch with double weight).
        expect(weight > 0.2 ? ['minor', 'major'] : ['patch', 'minor']).toContain(level);
      }
    }
  });

  it('gives every variable the weight and level of the variable catalogue', () => {
    for (const { name, weight, level } of variables)
      expect(entryRule(`env.${name}`).plain).toEqual({ weight, level });
  });

  it('uses the first matching row, so exact keys come before patterns', () => {
    expect(entryRule('modules.vendor').kind).toBe('plain');
    expect(entryRule('modules.go_mod').kind).toBe('plain');
    expect(entryRule('modules.vendors.example.com/x').kind).toBe('module');
    expect(entryRule('toolchain.version').kind).toBe('go-version');
  });

  it('derives GOROOT, origin and digest from the version, and no key from itself', () => {
    for (const key of ['toolchain.goroot', 'toolchain.origin', 'env.GOROOT'])
      expect(entryRule(key).follows).toEqual(['toolchain.version']);
    // A GOROOT that is set selects a different tree, which is intact.
    expect(entryRule('toolchain.digest').follows).toEqual(['toolchain.version', 'env.GOROOT']);
    expect(entryRule('toolchain.version').follows).toBeUndefined();
    expect(entryRule('env.GOFLAGS').follows).toBeUndefined();
  });

  it('derives the C compilers from the settings that switch cgo and from their own variable', () => {
    const cgo = ['env.CGO_ENABLED', 'env.GOOS', 'env.GOARCH'];
    expect(entryRule('tools.cc').follows).toEqual([...cgo, 'env.CC']);
    expect(entryRule('tools.cxx').follows).toEqual([...cgo, 'env.CXX']);
    expect(entryRule('tools.ccache').follows).toBeUndefined();
  });
});
