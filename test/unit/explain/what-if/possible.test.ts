/**
 * What a change would do to a toolchain selection, beside an oracle that knows the whole world of which the snapshot holds a part. The truth is always
 * among the answers, and one answer means that nothing else can be true.
 *
 * WHATIF_CASES=100000 runs that many cases instead of the sample of a usual run.
 */
import { describe, expect, it } from 'vitest';
import { parseChanges } from '../../../../src/explain/what-if/changes.ts';
import type { HostEvidence } from '../../../../src/explain/what-if/evidence.ts';
import { type Memo, whatIfMember } from '../../../../src/explain/what-if/member.ts';
import { representatives } from '../../../../src/explain/what-if/versions.ts';
import { randomOf } from '../../../lab/random.ts';

const cases = Number(process.env['WHATIF_CASES'] ?? 400);

/** A whole world: all that decides which Go runs. Written from the documentation of toolchains, and from no code of ours. */
interface Truth {
  readonly setting: string;
  readonly tree: 'auto' | 'local';
  readonly local: string;
  readonly go: string;
  readonly toolchain: string;
  readonly modules: '' | 'off';
  readonly proxy: '' | 'off';
  readonly sumdb: '' | 'off';
  /** Where toolchains are, by version. */
  readonly where: Readonly<Record<string, 'path' | 'cached' | undefined>>;
}

/** 1.27 → [27, -1], 1.27.4 → [27, 4]: a language stands before its releases. Before 1.21 it was its first release. */
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

/** How much is told: what a snapshot holds, the lines of the project too, or all that the host says. */
type Told = 'entries' | 'lines' | 'host';

const hostOf = ({ local, tree, go, toolchain, where }: Truth): HostEvidence => {
  const at = (place: string) =>
    Object.entries(where).flatMap(([version, one]) => (one === place ? [`go${version}`] : []));
  const shipped = { gotoolchain: tree, goproxy: '', gosumdb: '' };
  return { local, shipped, hasGoMod: true, go, toolchain, onPath: at('path'), cached: at('cached') };
};

/** Runs one case; whether the answer was known. */
function runCase(seed: number, told: Told): boolean | undefined {
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
  // Where go gives up, a snapshot tells nothing, and neither do we.
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
      ...(told === 'lines' ? { lines } : {}),
      ...(told === 'host' ? { host: hostOf(truth) } : {}),
    },
    changes,
  );
  const all = [...answer.after, ...answer.unless];
  const isTrue = all.some(
    ({ outcome, version, refuses_module: refuses }) =>
      outcome === after.outcome &&
      (refuses === true) === after.refused &&
      // A version that is in no snapshot is left out.
      (version === (after.version || undefined) || version === undefined),
  );
  // What go.env of a tree says that is put in its place is not known of the host.
  const isSure = told !== 'host' || change === '--go' || (all.length === 1 && answer.unknown.length === 0);
  if (!isTrue || !isSure)
    expect.fail(JSON.stringify({ seed, truth, change, value, before, after, answer: all }));
  return all.length === 1 && all[0]?.version === (after.version || undefined);
}

describe('what-if, beside an oracle', () => {
  it('has the truth among its answers, and says one where only one can be true', () => {
    const counts = { known: 0, open: 0 };
    for (let seed = 1, done = 0; done < cases; seed++) {
      // What is left open is tried in every way: one case of it costs as much as many others.
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

  it('is sure where the host was looked at', () => {
    let known = 0;
    for (let seed = 1, done = 0; done < cases; seed++) {
      const one = runCase(seed, 'host');
      if (one === undefined) continue;
      done++;
      if (one) known++;
    }
    // The rest: go gives up then, and there is no version.
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

  it('knows what needs no guess: a newer go first on PATH, though the lines are in no snapshot', () => {
    expect(ask(recorded(), [], '1.27.4')).toMatchObject({
      after: [{ outcome: 'local', version: '1.27.4' }],
      unknown: [],
    });
  });

  it('says what it would have to know, and guesses nothing', () => {
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

  it('knows more where the lines were published', () => {
    const { after } = ask(
      recorded(),
      ['go_mod.go=1.27.4', 'go_mod.toolchain=none', 'env.GOPROXY=off'],
      undefined,
      {},
    );
    expect(after.map(({ outcome }) => outcome).sort()).toEqual(['cached', 'not-found', 'path']);
  });

  it('tells conflicts that come and go, by the rules of check', () => {
    const { appear, go } = ask(recorded({ 'env.GOFLAGS': '-mod=mod' }), [
      'env.GOTOOLCHAIN=local',
      'go_mod.go=1.27',
      'env.GOFLAGS=',
    ]);
    expect(appear.certain.map(({ rule }) => rule)).toEqual(['toolchain-too-old']);
    expect(go.certain.map(({ rule }) => rule)).toEqual(['goflags-rewrites-gomod']);
  });

  it('names tools that fall behind', () => {
    const { appear } = ask(
      recorded({ 'tools.gopls': 'v0.20.0 go1.26.1 h1:x=' }),
      ['go_mod.go=1.27'],
      '1.27.4',
    );
    expect(appear.certain.map(({ rule, key }) => `${rule} ${key}`)).toEqual(['tool-behind tools.gopls']);
  });

  it('says nothing of a snapshot without a toolchain, or whose entries contradict each other', () => {
    expect(ask(new Map([['env.GOFLAGS', '-x']]), [], '1.27.4')).toMatchObject({
      after: [],
      unknown: [expect.stringContaining('holds none')],
    });
    const { after, unknown } = ask(recorded({ 'env.GOTOOLCHAIN': 'go1.24.13' }), [], '1.27.4');
    expect([after, unknown]).toEqual([[], [expect.stringContaining('do not lead')]]);
  });

  describe('of a workspace', () => {
    const work = recorded({ 'env.GOTOOLCHAIN': 'local', 'modules.go_work': 'sha256:00' });
    const told = ({ appear: { certain, possible } }: ReturnType<typeof ask>) =>
      [certain, possible].map((list) => list.map(({ rule, key, level }) => `${rule} ${key} ${level}`));
    const refused = 'gomod-invalid modules.go_work major';

    it('finds a module whose go line is above that of go.work, whatever toolchain is chosen', () => {
      const published = (given: string) => ask(work, [given], undefined, { go: '1.26' });
      expect(told(published('go_mod.go=1.27'))).toEqual([[refused], []]);
      expect(told(published('go_mod.go=1.26'))).toEqual([[], []]);
      expect(told(published('go_mod.toolchain=go1.27.4'))).toEqual([[], []]);
      expect(told(ask(work, ['go_mod.go=1.19'], undefined, {}))).toEqual([[refused], []]);
    });

    it('says that the line of go.work is open where nobody published it', () => {
      const answer = ask(work, ['go_mod.go=1.26']);
      expect(told(answer)).toEqual([[], [refused]]);
      expect(answer.unknown).toEqual([expect.stringContaining('the go line of go.work')]);
      // It cannot be above the go that loads it.
      expect(told(ask(work, ['go_mod.go=1.27']))).toEqual([[refused], []]);
    });

    it('says that lines of its modules are open where go.work asks for less than it did', () => {
      const lower = ask(work, ['go_work.go=1.25'], undefined, { go: '1.26' });
      expect(told(lower)).toEqual([[], [refused]]);
      expect(lower.unknown).toEqual([expect.stringContaining('the go lines of the modules')]);
      const higher = ask(work, ['go_work.go=1.26.8'], undefined, { go: '1.26' });
      expect([told(higher), higher.unknown]).toEqual([[[], []], []]);
    });

    it.each(['off', '', '/src/go.work'])(
      'says that it does not know what decides with GOWORK=%s',
      (value) => {
        expect(ask(work, [`env.GOWORK=${value}`, 'go_mod.go=1.27'])).toMatchObject({
          after: [],
          unknown: [expect.stringContaining('which go.mod or go.work')],
        });
      },
    );

    it('knows that GOWORK=off changes nothing where a go.mod decides', () => {
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
  ])('says that a snapshot does not hold what go makes of %s', (given) => {
    const { unknown } = ask(recorded(), [given], undefined, { go: '1.26' });
    expect(unknown).toEqual([expect.stringContaining(given)]);
  });

  it.each(['GOFLAGS=-mod=mod', 'GOFLAGS=-v -trimpath', 'GOPROXY=off', 'GOSUMDB=off', 'GOOS='])(
    'judges %s by itself',
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
  it('stand on, between and around the known versions', () => {
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
