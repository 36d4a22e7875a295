import { describe, expect, it } from 'vitest';
import { findConflicts } from '../../../../src/drift/conflicts/index.ts';
import { found, noModules, select, worldOf } from './world.ts';

describe('env-invalid', () => {
  it.each([
    ['GO111MODULE', 'yes', ['major']],
    ['GO111MODULE', 'on', []],
    ['GOWORK', 'go.work', ['major']],
    ['GOCACHE', 'off', ['major']],
    ['GOMODCACHE', 'mod', ['major']],
    ['GOPATH', '/a:b', ['major']],
    ['GOBIN', 'bin', ['minor']],
    ['GOBIN', '/bin', []],
    ['GOPROXY', 'junk', ['minor']],
    ['GOPROXY', 'direct,junk', []],
    ['GOPROXY', ',', ['minor']],
    ['GOPROXY', ' | ', ['minor']],
    ['GOPROXY', 'noproxy', ['minor']],
    ['GOPROXY', ',off', []],
    ['CC', './cc', ['major']],
    ['CC', '/usr/bin/cc -m64', []],
    ['CXX', "'c++", ['major']],
    ['CGO_CFLAGS', '"-O2', ['minor']],
    ['CGO_CFLAGS', '-O2', []],
    ['GOSUMDB', 'sum.example.org', ['minor']],
    ['GOSUMDB', 'sum.example.com https://mirror.example.org', []],
    ['GOVCS', 'git', ['minor']],
    ['GOVCS', 'private:all,public:git|hg', []],
    // toolchain-not-installed reports GOTOOLCHAIN in the process.
    ['GOTOOLCHAIN', 'junk', []],
  ])('%s=%s gives the levels %j', (name, value, levels) => {
    const findings = found('env-invalid', { process: { [name]: value } });
    expect(findings.map(({ level }) => level)).toEqual(levels);
    // In a list, only the invalid element is removed.
    const list = name === 'GOPATH';
    for (const { repair } of findings)
      expect(repair).toBe(list ? 'export GOPATH=/a, without b' : `unset ${name}`);
    // goenv-invalid reports values of GOENV.
    expect(found('env-invalid', { goenv: { [name]: value } })).toEqual([]);
  });

  it('reports a missing go.work of GOWORK only if it is known to be missing', () => {
    const process = { GOWORK: '/src/go.work' };
    const env = (goworkFound: boolean) => ({ process, env: { ...worldOf({ process }).env, goworkFound } });
    expect(found('env-invalid', env(false))).toHaveLength(1);
    expect(found('env-invalid', env(true))).toEqual([]);
    expect(found('env-invalid', { process })).toEqual([]);
  });

  it.each([
    ['GOWORK', '/src/app', { goworkFound: true, goworkDirectory: true }, 'major', 'is a directory'],
    ['GOMODCACHE', '/srv/mod', { modCacheFile: true }, 'major', 'no directory'],
    ['GOBIN', '/srv/bin', { gobinFile: true }, 'minor', 'go install fails'],
    [
      'GOCACHEPROG',
      '/opt/prog redacted',
      { cacheProgramProblem: 'error starting' },
      'major',
      'error starting',
    ],
    ['GOPACKAGESDRIVER', '/x/driver.sh', { packagesDriverFound: false }, 'minor', 'stops gopls'],
    ['GOAUTH', 'netrc;', { authProblem: 'GOAUTH encountered an empty command' }, 'minor', 'empty command'],
  ] as const)('reports %s=%s with the facts of the host', (name, value, facts, level, words) => {
    const process = { [name]: value };
    const [finding] = found('env-invalid', { process, env: { ...worldOf({ process }).env, ...facts } });
    expect(finding).toMatchObject({ key: `env.${name}`, level, repair: `unset ${name}` });
    expect(finding?.summary).toContain(words);
    expect(found('env-invalid', { process })).toEqual([]);
  });

  it('reports a GOFIPS140 that the tree lacks, and ignores GOFIPS140 for a Go that does not read it', () => {
    const findingsFor = (value: string, fipsVersions?: readonly string[], effective = '1.26.0') =>
      found('env-invalid', {
        process: { GOFIPS140: value },
        toolchain: {
          knowledge: fipsVersions === undefined ? {} : { fipsVersions },
          selection: { wanted: '', effective, outcome: 'local', reason: '', trace: [] },
        },
      });
    expect(findingsFor('v9.9.9', ['v1.0.0'])).toHaveLength(1);
    expect(findingsFor('certified', ['v1.0.0'])[0]?.summary).toContain('unknown GOFIPS140 version');
    for (const fine of ['off', 'latest', 'v1.0.0']) expect(findingsFor(fine, ['v1.0.0'])).toEqual([]);
    expect(findingsFor('v1.0.0')[0]?.summary).toContain('unknown GOFIPS140 version');
    expect(findingsFor('junk', undefined, '1.23.4')).toEqual([]);
  });

  it('reports an unknown mode of fips140 in GODEBUG, where the last element counts', () => {
    const findingsFor = (GODEBUG: string, version = '1.26.0') => {
      const candidates = [{ path: '/bin/go', realPath: '/bin/go', version }];
      const world = select({ effective: version, outcome: 'local' }, { candidates });
      return found('env-invalid', { ...world, process: { GODEBUG } });
    };
    for (const fine of ['', '=on', '=only', '=debug', '=off', '=true,fips140=off'])
      expect(findingsFor(`fips140${fine === '' ? '=' : fine}`), fine).toEqual([]);
    expect(findingsFor('fips140=true')).toMatchObject([
      { key: 'env.GODEBUG', level: 'major', repair: 'unset GODEBUG' },
    ]);
    expect(findingsFor('fips140=off,gctrace=1,fips140=1')).toMatchObject([
      { repair: expect.stringContaining('GODEBUG=gctrace=1') },
    ]);
    expect(findingsFor('fips140=true', '1.23.4')).toEqual([]);
  });

  it('reports GOFIPS140 together with boringcrypto or the purego tag for a go that refuses it', () => {
    const findingsFor = (process: Readonly<Record<string, string>>, effective = '1.26.0') =>
      found('env-invalid', {
        process: { GOFIPS140: 'latest', ...process },
        toolchain: {
          knowledge: { fipsVersions: ['v1.0.0'] },
          selection: { wanted: '', effective, outcome: 'local', reason: '', trace: [] },
        },
      });
    expect(findingsFor({})).toEqual([]);
    expect(findingsFor({ GOEXPERIMENT: 'boringcrypto' })).toMatchObject([
      { key: 'env.GOFIPS140', level: 'major' },
    ]);
    expect(findingsFor({ GOEXPERIMENT: 'boringcrypto', GOFIPS140: 'off' })).toEqual([]);
    expect(findingsFor({ GOEXPERIMENT: 'boringcrypto,noboringcrypto' })).toEqual([]);
    expect(findingsFor({ GOFLAGS: '-tags=netgo,purego' })).toHaveLength(1);
    expect(findingsFor({ GOFLAGS: '-tags=netgo,purego' }, '1.24.13')).toEqual([]);
  });

  it('reports an invalid GOMEMLIMIT', () => {
    const env = { ...worldOf().env, badMemoryLimit: '512M' };
    expect(found('env-invalid', { env })).toMatchObject([
      { key: 'env.GOMEMLIMIT', level: 'major', repair: 'unset GOMEMLIMIT' },
    ]);
  });

  it('reports a build cache without a directory', () => {
    const variables = new Map(worldOf().env?.variables);
    variables.set('GOCACHE', { name: 'GOCACHE', value: 'off', origin: { kind: 'default' }, shadows: [] });
    expect(found('env-invalid', { env: { variables } })).toMatchObject([
      { key: 'env.GOCACHE', repair: expect.stringContaining('export HOME') },
    ]);
    // A sidecar with an unknown uid sees only files: it cannot know whether builds have a HOME.
    const unknown = { ...worldOf({ env: { variables } }), processUnknown: true as const };
    expect(findConflicts(unknown).map(({ rule }) => rule)).not.toContain('env-invalid');
  });

  describe('for a module cache without a directory', () => {
    const missing = { path: 'example.com/a', version: 'v1.0.0', neededBy: 'example.com/app', why: 'absent' };
    const findingsFor = (GOMODCACHE: string, needed = true, present: readonly string[] = []) => {
      const variables = new Map(worldOf().env?.variables);
      variables.set('GOPATH', { name: 'GOPATH', value: '', origin: { kind: 'default' }, shadows: [] });
      const origin = { kind: 'default' } as const;
      variables.set('GOMODCACHE', { name: 'GOMODCACHE', value: GOMODCACHE, origin, shadows: [] });
      const world = worldOf({ env: { variables, present: new Set(present) } });
      return findConflicts({ ...world, modules: { ...noModules, unavailable: needed ? [missing] : [] } });
    };

    it('gives one finding, with a repair of HOME', () => {
      expect(findingsFor('')).toMatchObject([
        {
          rule: 'env-invalid',
          key: 'env.GOMODCACHE',
          repair: expect.stringContaining('export HOME, or GOPATH'),
        },
      ]);
      expect(findingsFor('rel/go/pkg/mod', true, ['HOME'])).toMatchObject([
        { key: 'env.GOMODCACHE', repair: expect.stringContaining('HOME as an absolute path') },
      ]);
      expect(findingsFor('', true, ['HOME'])[0]?.repair).toContain('the Go tree');
    });

    it('is silent if a build needs no module', () => {
      expect(findingsFor('', false)).toEqual([]);
    });
  });
});
