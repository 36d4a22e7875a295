import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  checksumProblem,
  localToolchain,
  type ProjectLines,
  type SelectInput,
  selectToolchain,
  toolchainCachePaths,
} from '../../../src/go/select.ts';
import { compareGoVersions, toolchainToVersion } from '../../../src/go/version.ts';

const project = (lines: Omit<ProjectLines, 'file'> = {}): ProjectLines => ({
  file: 'go.mod',
  goLine: 3,
  toolchainLine: 5,
  ...lines,
});

const input = (over: Partial<SelectInput> & { value?: string } = {}): SelectInput => ({
  gotoolchain: { value: over.value ?? '', origin: 'environment' },
  gotoolchainDefault: 'auto',
  go111module: '',
  local: { version: '1.26.8' },
  platform: 'linux/amd64',
  project: project(),
  pathHas: () => false,
  cached: () => false,
  downloads: 'on',
  sumdb: { gosumdb: 'sum.example.org', goproxy: 'https://proxy.example,direct' },
  ...over,
});

describe('selectToolchain', () => {
  it('keeps the local go if no line requires a newer one', () => {
    expect(selectToolchain(input({ project: project({ go: '1.26', toolchain: 'go1.26.8' }) }))).toEqual({
      wanted: 'go1.26.8',
      effective: '1.26.8',
      outcome: 'local',
      reason: 'nothing asks for more than the local go1.26.8',
      trace: ['go: using local toolchain go1.26.8'],
    });
  });

  it('selects the first release for a newer go line, and reports the download that a build would need', () => {
    const selection = selectToolchain(input({ project: project({ go: '1.27' }) }));
    expect(selection).toMatchObject({
      wanted: 'go1.27.0',
      effective: '1.27.0',
      outcome: 'download',
      pendingDownload: 'go1.27.0',
      cause: { file: 'go.mod', line: 3 },
      reason:
        'the go line in go.mod:3 asks for go1.27.0: it is neither on PATH nor in the module cache, so a build here would download it',
    });
    expect(
      selectToolchain(
        input({ project: project({ go: '1.20' }), local: { version: '1.19.13', rules: '1.21' } }),
      ).wanted,
    ).toBe('go1.20');
  });

  it('never switches away from a Go before 1.21, whatever is set', () => {
    const gotoolchain = { value: 'go1.27.4', origin: 'the process environment' };
    expect(
      selectToolchain(
        input({ gotoolchain, project: project({ go: '1.25' }), local: { version: '1.20.14' } }),
      ),
    ).toMatchObject({ outcome: 'local', wanted: 'go1.20.14', effective: '1.20.14' });
  });

  it('prefers PATH to the module cache, and both to a download', () => {
    const lines = { project: project({ go: '1.24', toolchain: 'go1.27.3' }) };
    const has = (name: string) => name === 'go1.27.3';
    expect(selectToolchain(input({ ...lines, pathHas: has, cached: has }))).toMatchObject({
      outcome: 'path',
      effective: '1.27.3',
      cause: { line: 5 },
    });
    expect(selectToolchain(input({ ...lines, cached: has })).outcome).toBe('cached');
    expect(selectToolchain(input({ ...lines, downloads: 'off' }))).toMatchObject({
      outcome: 'not-found',
      effective: '',
      error: 'go: download go1.27.3 for linux/amd64: toolchain not available',
    });
  });

  it('uses only PATH under GOTOOLCHAIN=path', () => {
    const selection = selectToolchain(
      input({ value: 'path', project: project({ go: '1.27.9' }), cached: () => true }),
    );
    expect(selection).toMatchObject({
      outcome: 'not-found',
      wanted: 'go1.27.9',
      error: 'go: cannot find "go1.27.9" in PATH',
    });
  });

  it('stays local under GOTOOLCHAIN=local, and reports the error of module commands', () => {
    const selection = selectToolchain(
      input({ value: 'local', project: project({ go: '1.27.9', toolchain: 'go1.30.0' }) }),
    );
    expect(selection).toMatchObject({
      outcome: 'local',
      effective: '1.26.8',
      tooOldFor: '1.27.9',
      tooOldError: 'go: go.mod requires go >= 1.27.9 (running go 1.26.8; GOTOOLCHAIN=local)',
    });
    expect(selection.error).toBeUndefined();
  });

  it('keeps the toolchain of GOTOOLCHAIN under "toolchain default"', () => {
    const lines = { project: project({ go: '1.30', toolchain: 'default' }) };
    expect(selectToolchain(input(lines))).toMatchObject({
      effective: '1.26.8',
      tooOldError: 'go: go.mod requires go >= 1.30 (running go 1.26.8; go.mod sets toolchain default)',
    });
    expect(selectToolchain(input({ ...lines, value: 'go1.24.4+auto' })).wanted).toBe('go1.24.4');
  });

  it('requests exactly N.0 if the minimum in GOTOOLCHAIN is lower, even if the local go is new enough', () => {
    const over = { local: { version: '1.27.4' }, project: project({ go: '1.27.0' }) };
    expect(selectToolchain(input({ ...over, value: 'go1.26.11+auto' }))).toMatchObject({
      wanted: 'go1.27.0',
      outcome: 'download',
      localWouldDo: true,
    });
    expect(selectToolchain(input(over))).toMatchObject({ wanted: 'go1.27.4', outcome: 'local' });
  });

  it('prefers a toolchain line of an equal version in Go 1.21 only', () => {
    const over = { project: project({ go: '1.21', toolchain: 'go1.21.13-acme' }), cached: () => true };
    expect(selectToolchain(input({ ...over, local: { version: '1.21.13' } })).wanted).toBe('go1.21.13-acme');
    const newer = { ...over, project: project({ go: '1.21', toolchain: 'go1.22.0-acme' }) };
    expect(selectToolchain(input({ ...newer, local: { version: '1.22.0' } })).wanted).toBe('go1.22.0');
  });

  it.each([
    ['junk', 'go: invalid GOTOOLCHAIN "junk"'],
    ['local\r', 'go: invalid GOTOOLCHAIN "local\\r"'],
    ['auto+path', 'go: invalid GOTOOLCHAIN "auto+path": invalid minimum toolchain "auto"'],
    ['go1.27.0+', 'go: invalid GOTOOLCHAIN "go1.27.0+": only version suffixes are +auto and +path'],
    ['go2', 'go: invalid GOTOOLCHAIN "go2"'],
    ['go1.27', 'go: invalid toolchain: go1.27 is a language version but not a toolchain version (go1.27.x)'],
  ])('refuses GOTOOLCHAIN=%j', (value, error) => {
    expect(selectToolchain(input({ value }))).toMatchObject({ outcome: 'invalid', effective: '', error });
  });

  it('reports the line number of an invalid toolchain line', () => {
    expect(selectToolchain(input({ project: project({ toolchain: 'go1.x' }) }))).toMatchObject({
      outcome: 'invalid',
      cause: { file: 'go.mod', line: 5 },
      error: 'go: invalid toolchain "go1.x" in go.mod',
    });
  });

  it('refuses a toolchain from the module cache while the checksum database is off, unless GOPROXY is a file URL', () => {
    const over = {
      project: project({ go: '1.27.3' }),
      sumdb: { gosumdb: 'off', goproxy: 'https://proxy.example' },
    };
    expect(selectToolchain(input({ ...over, cached: () => true }))).toMatchObject({
      outcome: 'forbidden',
      effective: '',
      error:
        'go: golang.org/toolchain@v0.0.1-go1.27.3.linux-amd64: verifying module: checksum database disabled by GOSUMDB=off',
    });
    expect(selectToolchain(input({ ...over, pathHas: () => true })).outcome).toBe('path');
    const files = { ...over, sumdb: { gosumdb: 'off', goproxy: 'file:///srv/proxy' } };
    expect(selectToolchain(input({ ...files, cached: () => true })).outcome).toBe('cached');
  });

  it('ignores the project while modules are off', () => {
    const lines = { project: project({ go: '1.99.0' }), value: 'junk' };
    for (const go111module of ['off', 'nonsense'])
      expect(selectToolchain(input({ ...lines, go111module }))).toMatchObject({
        outcome: 'local',
        effective: '1.26.8',
      });
    expect(selectToolchain(input({ ...lines, go111module: 'auto' })).outcome).toBe('invalid');
    expect(
      selectToolchain(input({ value: 'junk', go111module: 'auto', project: { file: undefined } })).outcome,
    ).toBe('local');
  });

  it('reads a go.work without a go.mod under GO111MODULE=auto since 1.27', () => {
    const over = { go111module: 'auto', project: { file: 'go.work', go: '1.28.1', goLine: 1 } as const };
    expect(selectToolchain(input(over)).outcome).toBe('local');
    expect(selectToolchain(input({ ...over, project: { ...over.project, hasGoMod: true } })).wanted).toBe(
      'go1.28.1',
    );
    expect(selectToolchain(input({ ...over, local: { version: '1.27rc1' } })).wanted).toBe('go1.28.1');
  });

  it('does not switch if GOTOOLCHAIN has neither a value nor a default', () => {
    expect(
      selectToolchain(input({ gotoolchainDefault: '', project: project({ go: '1.27' }) })),
    ).toMatchObject({
      outcome: 'local',
      tooOldFor: '1.27',
    });
  });

  it('does not download a toolchain whose name is no module version', () => {
    expect(selectToolchain(input({ project: project({ toolchain: 'go1.27.0-a_b' }) }))).toMatchObject({
      outcome: 'not-found',
      error: 'go: download go1.27.0-a_b: non-semver module version "v0.0.1-go1.27.0-a_b.linux-amd64"',
    });
  });

  it('never throws, and a successful selection under auto satisfies the go line', () => {
    const version = fc.constantFrom(
      '',
      '1.20',
      '1.21',
      '1.21rc2',
      '1.21.13',
      '1.26',
      '1.26.8',
      '1.27',
      '1.27.0',
      '1.99.1',
      'junk',
      '1.26.8 x',
    );
    const name = fc.oneof(
      version.map((v) => `go${v}`),
      fc.constantFrom('', 'default', 'local', 'go1.27.0-acme', 'a/b'),
      fc.string(),
    );
    const value = fc.oneof(
      fc.constantFrom('', 'auto', 'path', 'local'),
      name,
      fc.tuple(name, fc.constantFrom('+auto', '+path', '+')).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(
        value,
        version,
        name,
        fc.func(fc.boolean()),
        fc.func(fc.boolean()),
        (setting, go, toolchain, pathHas, cached) => {
          const selection = selectToolchain(
            input({ value: setting, project: project({ go, toolchain }), pathHas, cached }),
          );
          const fails = selection.effective === '';
          expect(fails).toBe(['forbidden', 'invalid', 'not-found'].includes(selection.outcome));
          expect(selection.error !== undefined).toBe(fails);
          expect(selection.reason).not.toContain('\n');
          expect(selection.pendingDownload !== undefined).toBe(selection.outcome === 'download');
          if (!fails) expect(toolchainToVersion(selection.wanted)).toBe(selection.effective);
          if (!fails && setting === 'auto' && toolchain !== 'default')
            expect(compareGoVersions(selection.effective, go)).toBeGreaterThanOrEqual(0);
        },
      ),
      { numRuns: 1000 },
    );
  });
});

describe('localToolchain', () => {
  it.each([
    ['go1.26.8', '1.26.8'],
    ['go1.26.8-X:jsonv2', '1.26.8'],
    ['go1.26.8 (Red Hat 1.26.8-2.el10)', '1.26.8'],
    ['go1.28-devel_33aff0e5 Thu', '1.28'],
  ])('reads %s as version %s', (name, version) => {
    expect(localToolchain(name)).toEqual({ version, name });
  });

  it('falls back to the language version of an old development tree', () => {
    expect(localToolchain('devel go1.24-abc Thu')).toEqual({ version: '1.24' });
  });

  it('compares a local toolchain with a suffix by its version', () => {
    const local = localToolchain('go1.26.8-X:jsonv2');
    expect(
      selectToolchain(input({ local, project: project({ go: '1.26.8', toolchain: 'go1.26.8' }) })).outcome,
    ).toBe('local');
    expect(selectToolchain(input({ local, value: 'go1.26.8' }))).toMatchObject({
      outcome: 'download',
      localWouldDo: true,
    });
  });
});

describe('toolchainCachePaths', () => {
  it('returns the paths of the tree and its marker files, with upper case escaped', () => {
    expect(toolchainCachePaths('go1.27.3-ACme', 'linux/arm64')).toEqual({
      dir: 'golang.org/toolchain@v0.0.1-go1.27.3-!a!cme.linux-arm64',
      partial: 'cache/download/golang.org/toolchain/@v/v0.0.1-go1.27.3-!a!cme.linux-arm64.partial',
      ziphash: 'cache/download/golang.org/toolchain/@v/v0.0.1-go1.27.3-!a!cme.linux-arm64.ziphash',
    });
  });
});

describe('checksumProblem', () => {
  it.each([
    ['off', 'https://proxy.example', 'checksum database disabled by GOSUMDB=off'],
    ['off', 'file:///a,direct', 'checksum database disabled by GOSUMDB=off'],
    ['off', 'file:///a|file:///b', 'checksum database disabled by GOSUMDB=off'],
    ['off', 'file:///a', undefined],
    ['', 'direct', 'missing GOSUMDB'],
    ['a b c', 'direct', 'invalid GOSUMDB: too many fields'],
    ['sum.example.org https://mirror.example', 'direct', undefined],
    ['sumdb https://mirror.example', 'direct', 'invalid GOSUMDB: malformed verifier id'],
  ])('GOSUMDB=%j GOPROXY=%j: %s', (gosumdb, goproxy, expected) => {
    expect(checksumProblem({ gosumdb, goproxy })).toBe(expected);
  });
});
