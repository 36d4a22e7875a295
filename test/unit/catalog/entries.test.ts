import { describe, expect, it } from 'vitest';
import { entryRule, entryRules } from '../../../src/catalog/entries.ts';
import { variables } from '../../../src/catalog/variables.ts';

describe('the table of entries', () => {
  it('gives every rule a reason, a weight within 0…1 and a level that fits it', () => {
    for (const rule of entryRules) {
      expect(rule.why.length).toBeGreaterThan(10);
      for (const { weight, level } of [
        rule.plain,
        ...(rule.presence === undefined ? [] : [rule.presence]),
        ...Object.values(rule.parts ?? {}),
      ]) {
        expect(weight).toBeGreaterThan(0);
        expect(weight).toBeLessThanOrEqual(1);
        // What is to be reported loudly must weigh more than what is to be silent (rc: a patch that weighs double).
        expect(weight > 0.2 ? ['minor', 'major'] : ['patch', 'minor']).toContain(level);
      }
    }
  });

  it('weighs every variable as the variable catalogue does', () => {
    for (const { name, weight, level } of variables)
      expect(entryRule(`env.${name}`).plain).toEqual({ weight, level });
  });

  it('takes the first row that matches: facts before patterns', () => {
    expect(entryRule('modules.vendor').kind).toBe('plain');
    expect(entryRule('modules.go_mod').kind).toBe('plain');
    expect(entryRule('modules.vendors.example.com/x').kind).toBe('module');
    expect(entryRule('toolchain.version').kind).toBe('go-version');
  });

  it('lets the digest, the place and the origin follow from the version, and nothing from itself', () => {
    for (const key of ['toolchain.goroot', 'toolchain.origin', 'env.GOROOT'])
      expect(entryRule(key).follows).toEqual(['toolchain.version']);
    // A GOROOT that was set names another tree, which is whole.
    expect(entryRule('toolchain.digest').follows).toEqual(['toolchain.version', 'env.GOROOT']);
    expect(entryRule('toolchain.version').follows).toBeUndefined();
    expect(entryRule('env.GOFLAGS').follows).toBeUndefined();
  });

  it('lets the C compilers follow from what switches cgo and from the variable that names them', () => {
    const cgo = ['env.CGO_ENABLED', 'env.GOOS', 'env.GOARCH'];
    expect(entryRule('tools.cc').follows).toEqual([...cgo, 'env.CC']);
    expect(entryRule('tools.cxx').follows).toEqual([...cgo, 'env.CXX']);
    expect(entryRule('tools.ccache').follows).toBeUndefined();
  });
});
