/**
 * The gate that every repair command passes: untrusted paths, settings that would come into force, and
 * several commands for one variable.
 */
import { describe, expect, it } from 'vitest';
import { findConflicts } from '../../../src/drift/conflicts/index.ts';
import type { World } from '../../../src/drift/conflicts/rule.ts';
import type { ModulesFacts } from '../../../src/drift/facets/modules.ts';
import type { Finding, Fix, VariableFact } from '../../../src/drift/model.ts';
import { type Ground, settledFixes } from '../../../src/drift/settled-fixes.ts';
import { goenvOrigin, noModules, processOrigin, switches, worldOf } from './conflicts/world.ts';

const finding = (fix: Fix, rest: Partial<Finding> = {}): Finding => ({
  kind: 'conflict',
  rule: 'x',
  facet: 'env',
  level: 'minor',
  key: 'name' in fix ? `env.${fix.name}` : 'toolchain.version',
  summary: 's',
  repair: 'r',
  fix,
  ...rest,
});
/** An SDK with the facts that a repair needs. */
const whole = (version: string, bin: string) => ({ version, bin, shipped: 'auto', settings: new Map() });
const settle = (world: World, findings: readonly Finding[], differs?: Ground['differs']) =>
  settledFixes(findings, { world, conflictsOf: findConflicts, differs });

/** A world in which the process sets a variable that a line of GOENV also sets. */
function over(name: string, value: string, hidden: string): World {
  const world = worldOf();
  const fact: VariableFact = {
    name,
    value,
    origin: processOrigin,
    shadows: [{ value: hidden, origin: goenvOrigin }],
  };
  const { env } = world;
  if (env === undefined) throw new Error('no environment');
  return { ...world, env: { ...env, variables: new Map(env.variables).set(name, fact) } };
}

describe('settledFixes: a command', () => {
  it('on an untrusted path becomes advice to do it by hand, with the reason', () => {
    const untrusted = new Map([['/ws', 'lies in the code']]);
    const fixes: readonly Fix[] = [
      { action: 'prepend-path', directory: '/ws/bin' },
      { action: 'remove-line', name: 'GOFLAGS', path: '/ws/.goenv', line: 1 },
      { action: 'run', argv: ['chmod', 'a+rx', '--', '/ws/go/bin/go'] },
      { action: 'run', argv: ['mkdir', '-p', '--', '/ws'] },
    ];
    const installed = [whole('1.27.4', '/ws/bin')];
    for (const fix of fixes) {
      const [held] = settle(worldOf({ toolchain: { installed, untrusted } }), [finding(fix)]);
      expect(held).toMatchObject({ repair: 'r (by hand: /ws lies in the code)' });
      expect(held?.fix).toBeUndefined();
      const beside = new Map([['/w', 'lies in the code']]);
      expect(
        settle(worldOf({ toolchain: { installed, untrusted: beside } }), [finding(fix)])[0]?.fix,
      ).toEqual(fix);
      const { toolchain: _, ...unknown } = worldOf();
      expect(settle(unknown, [finding(fix)])[0]?.fix).toBeUndefined();
    }
  });

  it('that runs go is withheld while a file of the project links out of the workspace', () => {
    const tidy: Fix = { action: 'run', argv: ['go', 'mod', 'tidy'] };
    expect(settle(worldOf(), [finding(tidy)])[0]?.fix).toEqual(tidy);
    const linkedOut = ['/ws/go.sum'];
    expect(settle(worldOf({ toolchain: { linkedOut } }), [finding(tidy)])[0]?.fix).toBeUndefined();
  });

  it('is withheld if it would bring a bad or unknown line of GOENV into force', () => {
    const unset: Fix = { action: 'unset', name: 'GOFLAGS' };
    expect(settle(over('GOFLAGS', '-nosuch', '-tags=a'), [finding(unset)])[0]?.fix).toEqual(unset);
    const [bad] = settle(over('GOFLAGS', '-nosuch', '-worse'), [finding(unset)]);
    expect(bad?.fix).toBeUndefined();
    expect(bad?.repair).toMatch(/by hand: line 3 of \S+ \(GOFLAGS=-worse\) comes into force/);
    // A redacted value cannot be judged.
    expect(settle(over('GOFLAGS', '-nosuch', '-ldflags=redacted'), [finding(unset)])[0]?.fix).toBeUndefined();
    // For GOROOT, the known facts describe only the current tree.
    const mismatch = finding({ action: 'unset', name: 'GOROOT' }, { rule: 'goroot-mismatch' });
    const world = over('GOROOT', '/elsewhere', '/nowhere');
    const { toolchain } = world;
    const local = toolchain?.local && {
      ...toolchain.local,
      goroot: '/elsewhere',
      gorootOrigin: processOrigin,
      programs: [],
    };
    const there = { ...world, toolchain: { ...toolchain, local } } as World;
    const [kept] = settle(there, [{ ...mismatch, key: 'toolchain.goroot' }]);
    expect(kept?.fix).toBeUndefined();
  });

  it('is withheld if it would switch to another GOENV file', () => {
    expect(settle(worldOf(), [finding({ action: 'unset', name: 'GOENV' })])[0]?.fix).toBeUndefined();
  });

  it('is withheld if its value differs from the baseline', () => {
    const world = worldOf({ process: { GOFLAGS: '-tags=a -nosuch' } });
    const fix: Fix = { action: 'export', name: 'GOFLAGS', value: '-tags=a' };
    const compared: string[] = [];
    const differs: Ground['differs'] = (name, env) => {
      compared.push(`${name}=${env.variables.get(name)?.value}`);
      return true;
    };
    expect(settle(world, [finding(fix)], differs)[0]?.fix).toBeUndefined();
    expect(settle(world, [finding(fix)], () => false)[0]?.fix).toEqual(fix);
    expect(compared).toEqual(['GOFLAGS=-tags=a']);
  });

  it('never undoes another command: the one that restores the baseline wins', () => {
    const world = worldOf({ process: { GOFLAGS: '-a' } });
    const unset = finding({ action: 'unset', name: 'GOFLAGS' }, { level: 'major' });
    const line = finding({ action: 'remove-line', name: 'GOFLAGS', path: '/h/env', line: 1 });
    const back = finding({ action: 'export', name: 'GOFLAGS', value: '-b' }, { kind: 'drift' });
    const actions = (findings: readonly Finding[]) => settle(world, findings).map(({ fix }) => fix?.action);
    expect(actions([unset, back])).toEqual([undefined, 'export']);
    expect(actions([unset, line])).toEqual(['unset', undefined]);
    expect(actions([line, back])).toEqual(['remove-line', 'export']);
    expect(actions([unset, unset])).toEqual(['unset', 'unset']);
    const waived = { id: 'w', reason: 'r', who: 'x', expires: '2026-11-29T00:00:00Z' };
    expect(actions([unset, { ...back, waived }])).toEqual(['unset', 'export']);
  });

  it('is withheld if it puts a go first on PATH that violates a pin or does not match GOROOT', () => {
    const installed = [whole('1.27.4', '/sdk/bin')];
    const fix: Fix = { action: 'prepend-path', directory: '/sdk/bin' };
    const world = worldOf({ toolchain: { installed } });
    expect(settle(world, [finding(fix)])[0]?.fix).toEqual(fix);
    const pin = { source: 'config', rule: 'pin-config', kind: 'exact', path: '', line: 0 } as const;
    const [held] = settle({ ...world, pins: [{ ...pin, version: '1.26' }] }, [finding(fix)]);
    expect(held?.repair).toBe('r (by hand: the configuration asks for go1.26)');
    expect(held?.fix).toBeUndefined();
    const process = { GOROOT: '/usr/local/go' };
    const exported = worldOf({ toolchain: { installed }, process, local: { gorootOrigin: processOrigin } });
    expect(settle(exported, [finding(fix)])[0]?.repair).toMatch(/by hand: GOROOT=\/usr\/local\/go stays/);
    const same = worldOf({
      toolchain: { installed: [whole('1.26.0', '/sdk/bin')] },
      process,
      local: { gorootOrigin: processOrigin },
    });
    expect(settle(same, [finding(fix)])[0]?.fix).toEqual(fix);
  });

  it('is withheld if another command already sets PATH', () => {
    const installed = [whole('1.26.8', '/a'), whole('1.27.4', '/b')];
    const fixes = installed.map(({ bin }) => finding({ action: 'prepend-path', directory: bin }));
    const settled = settle(worldOf({ toolchain: { installed } }), [...fixes, ...fixes.slice(0, 1)]);
    expect(settled.map(({ fix }) => fix !== undefined)).toEqual([true, false, true]);
    expect(settled[1]?.repair).toContain('by hand: another command here sets PATH');
  });

  it('is withheld if it removes the GOTOOLCHAIN that satisfies a pin', () => {
    const world = worldOf({
      process: { GOTOOLCHAIN: 'go1.21.13' },
      toolchain: { project: { kind: 'go.mod', path: '/src/app/go.mod', go: '1.21', goLine: 3 } },
    });
    const { toolchain } = world;
    const selection = toolchain?.selection && { ...toolchain.selection, effective: '1.21.13' };
    const pin = { source: 'config', rule: 'pin-config', kind: 'exact', path: '', line: 0 } as const;
    const pinned: World = {
      ...world,
      toolchain: { ...toolchain, selection } as World['toolchain'],
      pins: [{ ...pin, version: '1.21' }],
    };
    const unset: Fix = { action: 'unset', name: 'GOTOOLCHAIN' };
    expect(settle(world, [finding(unset)])[0]?.fix).toEqual(unset);
    expect(settle(pinned, [finding(unset)])[0]?.repair).toContain('the configuration asks for go1.21');
  });

  it('is withheld if it removes a -mod that builds depend on', () => {
    const world = worldOf({ process: { GOFLAGS: '-mod=mod' } });
    const lives = { ...world, modules: { livesByMod: 'builds fail: go.mod is not tidy' } } as World;
    const unset: Fix = { action: 'unset', name: 'GOFLAGS' };
    expect(settle(world, [finding(unset)])[0]?.fix).toEqual(unset);
    // Restoring the baseline is no exception.
    const [held] = settle(lives, [finding(unset, { kind: 'drift' })]);
    expect(held?.fix).toBeUndefined();
    expect(held?.repair).toBe('r (by hand: without -mod=mod builds fail: go.mod is not tidy)');
    const other: Fix = { action: 'export', name: 'GOFLAGS', value: '-mod=mod -ldflags=-s' };
    expect(settle(lives, [finding(other)])[0]?.fix).toEqual(other);
  });

  it('is withheld if it leaves a module cache in use while downloads are impossible', () => {
    const unset: Fix = { action: 'unset', name: 'GOPATH' };
    const list = [{ path: 'example.com/a', version: 'v1.0.0' }];
    const at = (GOPROXY: string, modules: ModulesFacts = { ...noModules, list }): World => ({
      ...worldOf({ process: { GOPATH: '/old', GOPROXY } }),
      modules,
    });
    expect(settle(at('off', noModules), [finding(unset)])[0]?.fix).toEqual(unset);
    for (const proxy of ['off', 'http://proxy.example.com'])
      expect(settle(at(proxy), [finding(unset)])[0]?.repair).toContain(
        'another module cache comes into force',
      );
  });

  it('is withheld if it leads to a toolchain line whose release is not available', () => {
    const world = worldOf({
      process: { GOTOOLCHAIN: 'go1.24.13', GOPROXY: 'off' },
      toolchain: { project: { kind: 'go.mod', path: '/src/app/go.mod', go: '1.24', toolchain: 'go1.28.0' } },
    });
    const unset: Fix = { action: 'unset', name: 'GOTOOLCHAIN' };
    const [held] = settle(world, [finding(unset)]);
    expect(held?.fix).toBeUndefined();
    expect(held?.repair).toContain('by hand: go fails with "go: download go1.28.0 for linux/amd64');
    const stay: Fix = { action: 'export', name: 'GOTOOLCHAIN', value: 'local' };
    expect(settle(world, [finding(stay)])[0]?.fix).toEqual(stay);
    // A broken release counts as not available.
    const names = new Set(['go1.28.0']);
    const { toolchain } = world;
    const withCached = (broken: ReadonlySet<string>) =>
      ({
        ...world,
        toolchain: {
          ...toolchain,
          switches: { ...switches, cached: names, broken, settings: new Map([['go1.28.0', new Map()]]) },
        },
        env: {
          ...world.env,
          variables: new Map(world.env?.variables).set('GOSUMDB', {
            name: 'GOSUMDB',
            value: 'sum.example.com',
            origin: { kind: 'goroot' },
            shadows: [],
          }),
        },
      }) as World;
    expect(settle(withCached(new Set()), [finding(unset)])[0]?.fix).toEqual(unset);
    expect(settle(withCached(names), [finding(unset)])[0]?.repair).toContain(
      'go1.28.0 is here and not whole',
    );
  });

  it('is withheld if it puts a go first on PATH while GOTOOLCHAIN decides, unless a command before it unsets GOTOOLCHAIN', () => {
    const installed = [whole('1.26.8', '/sdk/bin')];
    const first = finding({ action: 'prepend-path', directory: '/sdk/bin' });
    const unset = finding({ action: 'unset', name: 'GOTOOLCHAIN' });
    const world = worldOf({
      process: { GOTOOLCHAIN: 'go1.26.0', GOPROXY: 'off' },
      toolchain: { installed },
    });
    // The newer go would switch to the named version, which is then no longer the local one.
    expect(settle(world, [first])[0]?.repair).toContain('by hand: go fails with "go: download go1.26.0');
    expect(settle(world, [unset, first]).map(({ fix }) => fix?.action)).toEqual(['unset', 'prepend-path']);
  });

  it('is withheld if it selects an older go after go mod tidy, or one older than the go line that go mod tidy writes', () => {
    const installed = [whole('1.24.13', '/sdk/bin')];
    const tidy = finding({ action: 'run', argv: ['go', 'mod', 'tidy'], directory: '/src/app' });
    const older = finding({ action: 'prepend-path', directory: '/sdk/bin' });
    const world = worldOf({ toolchain: { installed } });
    expect(settle(world, [older])[0]?.fix).toBeDefined();
    expect(settle(world, [tidy, older])[1]?.repair).toBe(
      'r (by hand: go mod tidy comes before it and may raise the go line, so look again after that)',
    );
    const newer = [{ name: 'module ./n', go: '1.25', mainGo: '1.21', origin: { path: '', line: 0 } }];
    const behind = { ...world, modules: { newer } } as unknown as World;
    expect(settle(behind, [tidy, older])[1]?.repair).toContain('/src/app/go.mod:3 asks for at least go1.25');
  });

  it('is withheld if it leaves the module cache that contains the selected toolchain', () => {
    const unset: Fix = { action: 'unset', name: 'GOMODCACHE' };
    const world = worldOf({ process: { GOMODCACHE: '/cache' } });
    expect(settle(world, [finding(unset)])[0]?.fix).toEqual(unset);
    const { toolchain } = world;
    const selection = { ...toolchain?.selection, outcome: 'cached', wanted: 'go1.27.4' };
    const switched = { ...world, toolchain: { ...toolchain, selection } } as World;
    expect(settle(switched, [finding(unset)])[0]?.repair).toContain('go1.27.4 lies in this one');
  });
});
