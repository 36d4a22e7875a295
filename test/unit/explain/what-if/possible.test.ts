/**
 * Compares the predicted toolchain selections of what-if with an oracle. The oracle knows the whole world,
 * while what-if sees only the part in a snapshot. The true selection must always be among the answers, and a
 * single answer means that no other selection is possible.
 *
 * WHATIF_CASES=100000 runs that many cases instead of the default of 400.
 */
import { describe, expect, it } from 'vitest';
import { parseChanges } from '../../../../src/explain/what-if/changes.ts';
import type { HostEvidence } from '../../../../src/explain/what-if/evidence.ts';
import { type Memo, whatIfMember } from '../../../../src/explain/what-if/member.ts';
import { representatives } from '../../../../src/explain/what-if/versions.ts';
import { randomOf } from '../../../lab/random.ts';

const cases = Number(process.env['WHATIF_CASES'] ?? 400);

/**
 * Everything that decides which Go runs. Written from Go's documentation of toolchains, independently of
 * src/.
 */
interface Truth {
  readonly setting: string;
  readonly tree: 'auto' | 'local';
  readonly local: string;
  readonly go: string;
  readonly toolchain: string;
  readonly modules: '' | 'off';
  readonly proxy: '' | 'off';
  readonly sumdb: '' | 'off';
  /** The locations of toolchains, by version. */
  readonly where: Readonly<Record<string, 'path' | 'cached' | undefined>>;
}

/**
 * Returns the minor and patch numbers: 1.27 → [27, -1], 1.27.4 → [27, 4]. A language version precedes its
 * releases; before 1.21 it was the first release.
 */
function parts(version: string): readonly [number, number] {
  const [, minor = '0', patch] = version.split('.');
  return [Number(minor), patch === undefined ? (Number(minor) < 21 ? 0 : -1) : Number(patch)];
}
function older(a: string, b: string): boolean {
  if (a === '' || b === '') return a === '' && b !== '';
  const [x, y] = [parts(a), parts(b)];
  return x[0] < y[0] || (x[0] === y[0] && x[1] < y[1]);
}
const same = (a: string, b: string) => !older(a, b) && !older(b, a);

interface Expected {
  readonly outcome: string;
  readonly version: string;
  readonly refused: boolean;
}

function oracle(truth: Truth): Expected {
  const { local, go, toolchain, where } = truth;
  const end = (outcome: string, version: string): Expected => ({
    outcome,
    version,
    refused: version !== '' && !older(version, '1.21') && older(version, go),
  });
  if (truth.modules === 'off' || older(local, '1.21'))
    return { outcome: 'local', version: local, refused: false };
  const setting = truth.setting || truth.tree;
  const [name = '', suffix = ''] = setting.split('+');
  const raises = setting === 'auto' || setting === 'path' || suffix !== '';
  let wanted = name.startsWith('go1') ? name.slice(2) : local;
  if (raises && toolchain !== 'default') {
    const line = toolchain.replace(/^go/, '');
    if (line !== '' && (older(wanted, line) || (same(wanted, line) && older(local, '1.22')))) wanted = line;
    if (go !== '' && older(wanted, go)) wanted = /^1\.(2[1-9])$/.test(go) ? `${go}.0` : go;
  }
  if (wanted === local) return end('local', local);
  const place = where[wanted];
  if (place === 'path') return end('path', wanted);
  if (setting === 'path' || suffix === 'path') return end('not-found', '');
  if (place === undefined && truth.proxy === 'off') return end('not-found', '');
  if (truth.sumdb === 'off') return end('forbidden', '');
  return end(place ?? 'download', wanted);
}

const releases = ['1.20.5', '1.21.13', '1.24.0', '1.24.13', '1.26.0', '1.26.8', '1.27.0', '1.27.4', '1.28.1'];
const languages = ['1.20', '1.21', '1.24', '1.26', '1.27', '1.28'];
const settings = [
  '',
  '',
  '',
  'auto',
  'local',
  'path',
  'go1.26.0',
  'go1.24.13+auto',
  'go1.27.4+path',
  'local+auto',
];

/**
 * The input of what-if: the snapshot alone, with the lines of the project, or with all evidence of the host.
 */
type Input = 'entries' | 'lines' | 'host';

const hostOf = ({ local, tree, go, toolchain, where }: Truth): HostEvidence => {
  const at = (place: string) =>
    Object.entries(where).flatMap(([version, one]) => (one === place ? [`go${version}`] : []));
  const shipped = { gotoolchain: tree, goproxy: '', gosumdb: '' };
  return { local, shipped, hasGoMod: true, go, toolchain, onPath: at('path'), cached: at('cached') };
};

/**
 * Runs one case. Reports whether the answer was the only one, or undefined if the world has no version to
 * begin with.
 */
function runCase(seed: number, input: Input): boolean | undefined {
  const random = randomOf(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const place = () => pick(['path', 'cached', undefined, undefined] as const);
  const truth: Truth = {
    setting: pick(settings),
    tree: pick(['auto', 'auto', 'local']),
    local: pick(releases),
    go: pick(['', ...languages, ...releases]),
    toolchain: pick(['', '', '', 'default', ...releases.slice(1).map((one) => `go${one}`)]),
    modules: random() < 0.05 ? 'off' : '',
    proxy: random() < 0.25 ? 'off' : '',
    sumdb: random() < 0.15 ? 'off' : '',
    where: Object.fromEntries([...releases, '1.21.0'].map((version) => [version, place()])),
  };
  const before = oracle(truth);
  // If go fails, the snapshot has no version and what-if has no answer.
  if (before.version === '') return undefined;
  const entries = new Map(
    Object.entries({
      'toolchain.version': before.version,
      'toolchain.origin': before.outcome,
      'env.GOTOOLCHAIN': truth.setting,
      'env.GO111MODULE': truth.modules,
      'env.GOPROXY': truth.proxy,
      'env.GOSUMDB': truth.sumdb,
      'modules.go_mod': 'sha256:00',
    }).filter(([, value]) => value !== ''),
  );
  const lines = {
    ...(truth.go === '' ? {} : { go: truth.go }),
    ...(truth.toolchain === '' || truth.toolchain === 'default' ? {} : { toolchain: truth.toolchain }),
  };
  const change = pick([
    'env.GOTOOLCHAIN',
    'env.GOPROXY',
    'go_mod.go',
    'go_mod.toolchain',
    '--go',
    'env.GO111MODULE',
  ] as const);
  const value = {
    'env.GOTOOLCHAIN': () => pick(['auto', 'local', 'path', 'go1.27.4', 'go1.26.0+auto']),
    'env.GOPROXY': () => 'off',
    'go_mod.go': () => pick([...languages, ...releases]),
    'go_mod.toolchain': () => pick(['none', 'default', 'go1.27.4', 'go1.24.13']),
    '--go': () => pick(releases),
    'env.GO111MODULE': () => 'off',
  }[change]();
  const changes =
    change === '--go' ? parseChanges([], value) : parseChanges([`${change}=${value}`], undefined);
  const after = oracle({
    ...truth,
    ...(change === 'env.GOTOOLCHAIN' ? { setting: value } : {}),
    ...(change === 'env.GOPROXY' ? { proxy: 'off' as const } : {}),
    ...(change === 'go_mod.go' ? { go: value } : {}),
    ...(change === 'go_mod.toolchain' ? { toolchain: value === 'none' ? '' : value } : {}),
    ...(change === '--go' ? { local: value, tree: pick(['auto', 'local'] as const) } : {}),
    ...(change === 'env.GO111MODULE' ? { modules: 'off' as const } : {}),
  });
  const answer = whatIfMember(
    {
      name: 'm',
      pool: '',
      time: 0,
      entries,
      ...(input === 'lines' ? { lines } : {}),
      ...(input === 'host' ? { host: hostOf(truth) } : {}),
    },
    changes,
  );
  const all = [...answer.after, ...answer.unless];
  const isTrue = all.some(
    ({ outcome, version, refuses_module: refuses }) =>
      outcome === after.outcome &&
      (refuses === true) === after.refused &&
      // A version that no snapshot contains is omitted from the answer.
      (version === (after.version || undefined) || version === undefined),
  );
  // With --go, the go.env of the new tree is not part of the host evidence.
  const isSure = input !== 'host' || change === '--go' || (all.length === 1 && answer.unknown.length === 0);
  if (!isTrue || !isSure)
    expect.fail(JSON.stringify({ seed, truth, change, value, before, after, answer: all }));
  return all.length === 1 && all[0]?.version === (after.version || undefined);
}

describe('what-if compared with an oracle', () => {
  it('always includes the truth in its answers, and often gives a single answer', () => {
    const counts = { known: 0, open: 0 };
    for (let seed = 1, done = 0; done < cases; seed++) {
      // Without the lines of the project, all possibilities are tried: such a case costs as much as many
      // others.
      const known = runCase(seed, seed % (cases > 5000 ? 100 : 20) !== 0 ? 'lines' : 'entries');
      if (known === undefined) continue;
      done++;
      counts[known ? 'known' : 'open']++;
    }
    process.stderr.write(
      `what-if: ${cases} cases, ${counts.known} known, ${counts.open} left open, none wrong\n`,
    );
    expect(counts.known).toBeGreaterThan(cases * 0.3);
    expect(counts.open).toBeGreaterThan(0);
  });

  it('gives a single answer with the evidence of the host', () => {
    let known = 0;
    for (let seed = 1, done = 0; done < cases; seed++) {
      const one = runCase(seed, 'host');
      if (one === undefined) continue;
      done++;
      if (one) known++;
    }
    // In the other cases go fails after the change, and there is no version.
    expect(known).toBeGreaterThan(cases * 0.7);
  });
});

describe('what-if', () => {
  const recorded = (more: Readonly<Record<string, string>> = {}) =>
    new Map(
      Object.entries({
        'toolchain.version': '1.26.8',
        'toolchain.origin': 'local',
        'env.GOTOOLCHAIN': 'auto',
        'modules.go_mod': 'sha256:00',
        ...more,
      }),
    );
  const ask = (
    entries: ReadonlyMap<string, string>,
    given: readonly string[],
    go?: string,
    lines?: object,
    memo?: Memo,
  ) =>
    whatIfMember(
      { name: 'm', pool: '', time: 0, entries, ...(lines === undefined ? {} : { lines }) },
      parseChanges(given, go),
      memo,
    );

  it('gives a single answer for a newer go first on PATH, even without the lines of the project', () => {
    expect(ask(recorded(), [], '1.27.4')).toMatchObject({
      after: [{ outcome: 'local', version: '1.27.4' }],
      unknown: [],
    });
  });

  it('lists all possible outcomes and the missing facts', () => {
    const { after, unknown, unless } = ask(recorded(), ['go_mod.go=1.27.4']);
    expect(after.map(({ outcome }) => outcome).sort()).toEqual(['cached', 'download', 'path']);
    expect(unknown).toEqual([expect.stringContaining('PATH or in the module cache')]);
    expect(unless).toContainEqual({
      when: 'the project says `toolchain default`',
      outcome: 'local',
      version: '1.26.8',
      refuses_module: true,
    });
  });

  it('lists fewer outcomes if the lines of the project are known', () => {
    const { after } = ask(
      recorded(),
      ['go_mod.go=1.27.4', 'go_mod.toolchain=none', 'env.GOPROXY=off'],
      undefined,
      {},
    );
    expect(after.map(({ outcome }) => outcome).sort()).toEqual(['cached', 'not-found', 'path']);
  });

  it('reports conflicts that appear and disappear, with the rules of check', () => {
    const { appear, go } = ask(recorded({ 'env.GOFLAGS': '-mod=mod' }), [
      'env.GOTOOLCHAIN=local',
      'go_mod.go=1.27',
      'env.GOFLAGS=',
    ]);
    expect(appear.certain.map(({ rule }) => rule)).toEqual(['toolchain-too-old']);
    expect(go.certain.map(({ rule }) => rule)).toEqual(['goflags-rewrites-gomod']);
  });

  it('reports tools that fall behind', () => {
    const { appear } = ask(
      recorded({ 'tools.gopls': 'v0.20.0 go1.26.1 h1:x=' }),
      ['go_mod.go=1.27'],
      '1.27.4',
    );
    expect(appear.certain.map(({ rule, key }) => `${rule} ${key}`)).toEqual(['tool-behind tools.gopls']);
  });

  it('gives no answer for a snapshot without a toolchain or with contradictory entries', () => {
    expect(ask(new Map([['env.GOFLAGS', '-x']]), [], '1.27.4')).toMatchObject({
      after: [],
      unknown: [expect.stringContaining('holds none')],
    });
    const { after, unknown } = ask(recorded({ 'env.GOTOOLCHAIN': 'go1.24.13' }), [], '1.27.4');
    expect([after, unknown]).toEqual([[], [expect.stringContaining('do not lead')]]);
  });

  describe('in workspace mode', () => {
    const work = recorded({ 'env.GOTOOLCHAIN': 'local', 'modules.go_work': 'sha256:00' });
    const appearing = ({ appear: { certain, possible } }: ReturnType<typeof ask>) =>
      [certain, possible].map((list) => list.map(({ rule, key, level }) => `${rule} ${key} ${level}`));
    const refused = 'gomod-invalid modules.go_work major';

    it('reports a module whose go line is above that of go.work, whatever toolchain is selected', () => {
      const published = (given: string) => ask(work, [given], undefined, { go: '1.26' });
      expect(appearing(published('go_mod.go=1.27'))).toEqual([[refused], []]);
      expect(appearing(published('go_mod.go=1.26'))).toEqual([[], []]);
      expect(appearing(published('go_mod.toolchain=go1.27.4'))).toEqual([[], []]);
      expect(appearing(ask(work, ['go_mod.go=1.19'], undefined, {}))).toEqual([[refused], []]);
    });

    it('reports the go line of go.work as unknown if it was not published', () => {
      const answer = ask(work, ['go_mod.go=1.26']);
      expect(appearing(answer)).toEqual([[], [refused]]);
      expect(answer.unknown).toEqual([expect.stringContaining('the go line of go.work')]);
      // The go line of go.work cannot be above the go that loads it.
      expect(appearing(ask(work, ['go_mod.go=1.27']))).toEqual([[refused], []]);
    });

    it('reports the go lines of modules as unknown if the go line of go.work is lowered', () => {
      const lower = ask(work, ['go_work.go=1.25'], undefined, { go: '1.26' });
      expect(appearing(lower)).toEqual([[], [refused]]);
      expect(lower.unknown).toEqual([expect.stringContaining('the go lines of the modules')]);
      const higher = ask(work, ['go_work.go=1.26.8'], undefined, { go: '1.26' });
      expect([appearing(higher), higher.unknown]).toEqual([[[], []], []]);
    });

    it.each(['off', '', '/src/go.work'])(
      'reports that the deciding go.mod or go.work is unknown with GOWORK=%s',
      (value) => {
        expect(ask(work, [`env.GOWORK=${value}`, 'go_mod.go=1.27'])).toMatchObject({
          after: [],
          unknown: [expect.stringContaining('which go.mod or go.work')],
        });
      },
    );

    it('changes nothing for GOWORK=off if a go.mod decides', () => {
      expect(ask(recorded(), ['env.GOWORK=off'], undefined, { go: '1.26' })).toMatchObject({
        after: [{ outcome: 'local', version: '1.26.8' }],
        unknown: [],
      });
    });
  });

  it.each([
    'GOOS=nix',
    'GOEXPERIMENT=nix',
    'GOFLAGS=-mod=vendor',
    'GOFLAGS=-v -modfile=/x.mod',
    'CC=clang',
    'GOPATH=/go',
  ])('reports that a snapshot cannot show the effect of %s', (given) => {
    const { unknown } = ask(recorded(), [given], undefined, { go: '1.26' });
    expect(unknown).toEqual([expect.stringContaining(given)]);
  });

  it.each(['GOFLAGS=-mod=mod', 'GOFLAGS=-v -trimpath', 'GOPROXY=off', 'GOSUMDB=off', 'GOOS='])(
    'judges %s without further facts',
    (given) => {
      expect(ask(recorded(), [given], undefined, { go: '1.26' }).unknown).toEqual([]);
    },
  );

  it.each(['env.NOPE=1', 'env.GOROOT=/x', 'go_mod.go=banana', 'toolchain.version=1.27.4', 'NOPE=1'])(
    'refuses --set %s',
    (given) => {
      expect(() => parseChanges([given], undefined)).toThrow('cannot use');
    },
  );

  it('refuses a language version for --go', () => {
    expect(() => parseChanges([], '1.27')).toThrow('cannot use');
  });
});

describe('representatives', () => {
  it('include the known versions and versions between and around them', () => {
    expect(representatives(['1.27.4', '1.26.8', '1.27'])).toEqual([
      '1.1',
      '1.26.8',
      '1.26.9',
      '1.27',
      '1.27rc1',
      '1.27.4',
      '1.28.1',
    ]);
  });
});
