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
    // Of GOTOOLCHAIN in the process tells toolchain-not-installed.
    ['GOTOOLCHAIN', 'junk', []],
  ])('%s=%s: %j', (name, value, levels) => {
    const findings = found('env-invalid', { process: { [name]: value } });
    expect(findings.map(({ level }) => level)).toEqual(levels);
    // Of a list with more than one word the others are meant.
    const list = name === 'GOPATH';
    for (const { repair } of findings)
      expect(repair).toBe(list ? 'export GOPATH=/a, without b' : `unset ${name}`);
    // Of GOENV it is another rule's affair.
    expect(found('env-invalid', { goenv: { [name]: value } })).toEqual([]);
  });

  it('tells of a go.work that GOWORK names only when it is known to be gone', () => {
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
  ] as const)('%s=%s as it was found on the host', (name, value, facts, level, says) => {
    const process = { [name]: value };
    const [finding] = found('env-invalid', { process, env: { ...worldOf({ process }).env, ...facts } });
    expect(finding).toMatchObject({ key: `env.${name}`, level, repair: `unset ${name}` });
    expect(finding?.summary).toContain(says);
    expect(found('env-invalid', { process })).toEqual([]);
  });

  it('knows the versions of GOFIPS140 from the tree; one without archives has none, and older ones read no such variable', () => {
    const of = (value: string, fipsVersions?: readonly string[], effective = '1.26.0') =>
      found('env-invalid', {
        process: { GOFIPS140: value },
        toolchain: {
          knowledge: fipsVersions === undefined ? {} : { fipsVersions },
          selection: { wanted: '', effective, outcome: 'local', reason: '', trace: [] },
        },
      });
    expect(of('v9.9.9', ['v1.0.0'])).toHaveLength(1);
    expect(of('certified', ['v1.0.0'])[0]?.summary).toContain('unknown GOFIPS140 version');
    for (const fine of ['off', 'latest', 'v1.0.0']) expect(of(fine, ['v1.0.0'])).toEqual([]);
    expect(of('v1.0.0')[0]?.summary).toContain('unknown GOFIPS140 version');
    expect(of('junk', undefined, '1.23.4')).toEqual([]);
  });

  it('tells of a mode of GODEBUG=fips140 that there is not, as the last one of the process says', () => {
    const of = (GODEBUG: string, version = '1.26.0') => {
      const candidates = [{ path: '/bin/go', realPath: '/bin/go', version }];
      const world = select({ effective: version, outcome: 'local' }, { candidates });
      return found('env-invalid', { ...world, process: { GODEBUG } });
    };
    for (const fine of ['', '=on', '=only', '=debug', '=off', '=true,fips140=off'])
      expect(of(`fips140${fine === '' ? '=' : fine}`), fine).toEqual([]);
    expect(of('fips140=true')).toMatchObject([
      { key: 'env.GODEBUG', level: 'major', repair: 'unset GODEBUG' },
    ]);
    expect(of('fips140=off,gctrace=1,fips140=1')).toMatchObject([
      { repair: expect.stringContaining('GODEBUG=gctrace=1') },
    ]);
    expect(of('fips140=true', '1.23.4')).toEqual([]);
  });

  it('takes GOFIPS140 together with boringcrypto or the purego tag for wrong, as this go does', () => {
    const of = (process: Readonly<Record<string, string>>, effective = '1.26.0') =>
      found('env-invalid', {
        process: { GOFIPS140: 'latest', ...process },
        toolchain: {
          knowledge: { fipsVersions: ['v1.0.0'] },
          selection: { wanted: '', effective, outcome: 'local', reason: '', trace: [] },
        },
      });
    expect(of({})).toEqual([]);
    expect(of({ GOEXPERIMENT: 'boringcrypto' })).toMatchObject([{ key: 'env.GOFIPS140', level: 'major' }]);
    expect(of({ GOEXPERIMENT: 'boringcrypto', GOFIPS140: 'off' })).toEqual([]);
    expect(of({ GOEXPERIMENT: 'boringcrypto,noboringcrypto' })).toEqual([]);
    expect(of({ GOFLAGS: '-tags=netgo,purego' })).toHaveLength(1);
    expect(of({ GOFLAGS: '-tags=netgo,purego' }, '1.24.13')).toEqual([]);
  });

  it('tells of a GOMEMLIMIT that is no size', () => {
    const env = { ...worldOf().env, badMemoryLimit: '512M' };
    expect(found('env-invalid', { env })).toMatchObject([
      { key: 'env.GOMEMLIMIT', level: 'major', repair: 'unset GOMEMLIMIT' },
    ]);
  });

  it('tells of a build cache that has no place', () => {
    const variables = new Map(worldOf().env?.variables);
    variables.set('GOCACHE', { name: 'GOCACHE', value: 'off', origin: { kind: 'default' }, shadows: [] });
    expect(found('env-invalid', { env: { variables } })).toMatchObject([
      { key: 'env.GOCACHE', repair: expect.stringContaining('export HOME') },
    ]);
    // A sidecar under a uid that nobody knows sees files alone: who builds there has a HOME or not.
    const unknown = { ...worldOf({ env: { variables } }), processUnknown: true as const };
    expect(findConflicts(unknown).map(({ rule }) => rule)).not.toContain('env-invalid');
  });

  describe('of a module cache that has no place', () => {
    const missing = { path: 'example.com/a', version: 'v1.0.0', neededBy: 'example.com/app', why: 'absent' };
    const of = (GOMODCACHE: string, needed = true, present: readonly string[] = []) => {
      const variables = new Map(worldOf().env?.variables);
      variables.set('GOPATH', { name: 'GOPATH', value: '', origin: { kind: 'default' }, shadows: [] });
      const origin = { kind: 'default' } as const;
      variables.set('GOMODCACHE', { name: 'GOMODCACHE', value: GOMODCACHE, origin, shadows: [] });
      const world = worldOf({ env: { variables, present: new Set(present) } });
      return findConflicts({ ...world, modules: { ...noModules, unavailable: needed ? [missing] : [] } });
    };

    it('tells once, as a matter of HOME', () => {
      expect(of('')).toMatchObject([
        {
          rule: 'env-invalid',
          key: 'env.GOMODCACHE',
          repair: expect.stringContaining('export HOME, or GOPATH'),
        },
      ]);
      expect(of('rel/go/pkg/mod', true, ['HOME'])).toMatchObject([
        { key: 'env.GOMODCACHE', repair: expect.stringContaining('HOME as an absolute path') },
      ]);
      expect(of('', true, ['HOME'])[0]?.repair).toContain('the Go tree');
    });

    it('says nothing where a build needs no module of it', () => {
      expect(of('', false)).toEqual([]);
    });
  });
});
