// Size and speed of the snapshot format against JSON, in both readings: pretty JSON of the same entries, and pretty JSON of everything
// that `go env`, the process environment and `go list -m -json all` say, which is what people store today.
import { createHash } from 'node:crypto';

const goVersion = '1.26.8';

function sum(text) {
  return `h1:${createHash('sha256').update(text).digest('base64')}`;
}

/** About 900 modules with versions as they are found in a large service: releases, pseudo-versions, +incompatible. */
function moduleList(count) {
  const hosts = [
    'github.com/aws/aws-sdk-go-v2/service',
    'github.com/hashicorp',
    'golang.org/x',
    'k8s.io',
    'go.opentelemetry.io/contrib',
    'google.golang.org',
  ];
  return Array.from({ length: count }, (_, i) => {
    const path = `${hosts[i % hosts.length]}/module${i.toString(36)}`;
    const commit = createHash('sha1').update(path).digest('hex').slice(0, 12);
    const version =
      i % 7 === 0
        ? `v0.0.0-202601${10 + (i % 20)}120000-${commit}`
        : i % 11 === 0
          ? `v${2 + (i % 5)}.1.0+incompatible`
          : `v1.${i % 40}.${i % 9}`;
    return { path, version };
  });
}

/** What a machine with a few decisions of its own answers to `go env -json`: mostly defaults and empty strings. */
function goEnvironment() {
  const empty =
    'AR_FLAGS CGO_CFLAGS_ALLOW CGO_CFLAGS_DISALLOW CGO_CPPFLAGS_ALLOW CGO_CXXFLAGS_ALLOW CGO_LDFLAGS_ALLOW GCCGO_FLAGS GO386 GOARM GOARM64 GOBIN GOCACHEPROG GODEBUG GOEXE GOEXPERIMENT GOINSECURE GOMIPS GOMIPS64 GOPPC64 GORISCV64 GOTMPDIR GOVCS GOWASM GOWORK'.split(
      ' ',
    );
  return {
    ...Object.fromEntries(empty.map((name) => [name, ''])),
    AR: 'ar',
    CC: 'gcc',
    CXX: 'g++',
    FC: 'gfortran',
    GCCGO: 'gccgo',
    PKG_CONFIG: 'pkg-config',
    CGO_ENABLED: '1',
    CGO_CFLAGS: '-O2 -g',
    CGO_CPPFLAGS: '',
    CGO_CXXFLAGS: '-O2 -g',
    CGO_FFLAGS: '-O2 -g',
    CGO_LDFLAGS: '-O2 -g',
    GO111MODULE: '',
    GOAMD64: 'v1',
    GOARCH: 'amd64',
    GOAUTH: 'netrc',
    GOCACHE: '/home/dev/.cache/go-build',
    GOENV: '/home/dev/.config/go/env',
    GOFIPS140: 'off',
    GOFLAGS: '-mod=readonly',
    GOGCCFLAGS:
      '-fPIC -m64 -pthread -Wl,--no-gc-sections -fmessage-length=0 -ffile-prefix-map=/tmp/go-build123456789=/tmp/go-build -gno-record-gcc-switches',
    GOHOSTARCH: 'amd64',
    GOHOSTOS: 'linux',
    GOMOD: '/home/dev/src/service/go.mod',
    GOMODCACHE: '/home/dev/go/pkg/mod',
    GONOPROXY: 'git.example.com',
    GONOSUMDB: 'git.example.com',
    GOOS: 'linux',
    GOPATH: '/home/dev/go',
    GOPRIVATE: 'git.example.com',
    GOPROXY: 'https://goproxy.example.com,direct',
    GOROOT: '/usr/local/go',
    GOSUMDB: 'sum.example.com',
    GOTELEMETRY: 'local',
    GOTELEMETRYDIR: '/home/dev/.config/go/telemetry',
    GOTOOLCHAIN: 'auto',
    GOTOOLDIR: '/usr/local/go/pkg/tool/linux_amd64',
    GOVERSION: `go${goVersion}`,
  };
}

/** 1000 entries as the product would make them of that machine. */
function entries(modules) {
  const decided = Object.entries(goEnvironment()).filter(([name]) =>
    /^(CGO_ENABLED|GOFLAGS|GOPRIVATE|GOPROXY|GONO|GOTOOLCHAIN|CC|CXX)/.test(name),
  );
  const env = [
    ...decided,
    ...Array.from({ length: 60 - decided.length }, (_, i) => [
      `TEAM_SETTING_${i}`,
      i % 3 === 0 ? `$HOME/team/setting-${i}` : `value-${i}`,
    ]),
  ];
  return new Map([
    ...env.map(([name, value]) => [`env.${name}`, value]),
    ...modules.map(({ path, version }) => [`modules.${path}`, `${version} ${sum(path + version)}`]),
    ...Array.from({ length: 20 }, (_, i) => [`tools.tool${i}`, `v1.${i}.0 go${goVersion}`]),
    ...Array.from({ length: 16 }, (_, i) => [`context.fact${i}`, `some value ${i}`]),
    ['toolchain.digest', createHash('sha256').update('go').digest('hex')],
    ['toolchain.goroot', '/usr/local/go'],
    ['toolchain.origin', 'local'],
    ['toolchain.version', goVersion],
  ]);
}

/** The same machine in full, as JSON. */
function everything(modules) {
  const process = Object.fromEntries(
    Array.from({ length: 60 }, (_, i) => [
      `PROCESS_VARIABLE_${i}`,
      i % 5 === 0 ? '' : `/usr/lib/some/place:/home/dev/other/${i}`,
    ]),
  );
  return {
    env: goEnvironment(),
    process,
    modules: modules.map(({ path, version }) => ({
      Path: path,
      Version: version,
      Time: '2026-01-10T12:00:00Z',
      Dir: `/home/dev/go/pkg/mod/${path}@${version}`,
      GoMod: `/home/dev/go/pkg/mod/cache/download/${path}/@v/${version}.mod`,
      GoVersion: '1.24.0',
      Sum: sum(path + version),
      GoModSum: sum(`${path}${version}/go.mod`),
    })),
    tools: Object.fromEntries(
      Array.from({ length: 20 }, (_, i) => [
        `tool${i}`,
        { path: `/home/dev/go/bin/tool${i}`, version: `v1.${i}.0`, goVersion: `go${goVersion}` },
      ]),
    ),
  };
}

/** An ordinary day: a new patch release of Go, some modules upgraded, one gone, two new. */
function tomorrow(today) {
  const changed = new Map(today);
  const names = [...today.keys()].filter((key) => key.startsWith('modules.'));
  for (let i = 0; i < 12; i++) changed.set(names[i * 70], `v1.99.${i} ${sum(`new${i}`)}`);
  changed.delete(names[450]);
  changed.set('modules.github.com/new/one', `v0.1.0 ${sum('one')}`);
  changed.set('modules.github.com/new/two', `v0.2.0 ${sum('two')}`);
  changed.set('toolchain.version', '1.26.9');
  return changed;
}

/** What one writes by hand: parse both, compare by key. */
function jsonDiff(a, b) {
  const old = JSON.parse(a);
  const now = JSON.parse(b);
  const result = { added: [], removed: [], changed: [] };
  for (const key of Object.keys(old)) {
    if (!Object.hasOwn(now, key)) result.removed.push({ key, old: old[key] });
    else if (now[key] !== old[key]) result.changed.push({ key, old: old[key], new: now[key] });
  }
  for (const key of Object.keys(now)) if (!Object.hasOwn(old, key)) result.added.push({ key, new: now[key] });
  return result;
}

const kilobytes = (bytes) => `${(bytes / 1024).toFixed(1)} KiB`;
const time = (ms) => (ms < 1 ? `${(ms * 1000).toFixed(0)} µs` : `${ms.toFixed(2)} ms`);

function sizeRow(what, own, peer, limit) {
  const ratio = own / peer;
  return {
    what,
    value: kilobytes(own),
    peer: kilobytes(peer),
    ratio,
    budget: `≤ ${limit}`,
    ok: ratio <= limit,
  };
}

export const name = 'snapshot';

export async function run({ load, compare }) {
  const [{ formatSnapshot, parseSnapshot }, { diffSnapshots }] = await load('drift/snapshot', 'drift/diff');
  const modules = moduleList(900);
  const today = entries(modules);
  const later = tomorrow(today);
  if (today.size !== 1000) throw new Error(`the sample has ${today.size} entries`);
  const pretty = (map) => JSON.stringify(Object.fromEntries(map), null, 2);
  const [text, json, full] = [
    formatSnapshot(today, 0),
    pretty(today),
    JSON.stringify(everything(modules), null, 2),
  ];
  const [a, b] = [Buffer.from(text), Buffer.from(formatSnapshot(later, 0))];
  const [jsonA, jsonB] = [Buffer.from(json), Buffer.from(pretty(later))];

  const peerResult = jsonDiff(jsonA, jsonB);
  const own = diffSnapshots(a, b);
  for (const kind of ['added', 'removed', 'changed']) {
    if (own[kind].length === 0 || own[kind].length !== peerResult[kind].length)
      throw new Error(`the two diffs disagree on what was ${kind}`);
  }

  const object = Object.fromEntries(today);
  const everyValue = new Map([...today].map(([key, value]) => [key, `${value}.`]));
  const [c, jsonC] = [Buffer.from(formatSnapshot(everyValue, 0)), Buffer.from(pretty(everyValue))];
  const [diff, peerDiff, allDiff, peerAllDiff] = compare([
    () => diffSnapshots(a, b),
    () => jsonDiff(jsonA, jsonB),
    () => diffSnapshots(a, c),
    () => jsonDiff(jsonA, jsonC),
  ]);
  const [format, stringify, parse, parseJson] = compare([
    () => formatSnapshot(today, 0),
    () => JSON.stringify(object, null, 2),
    () => parseSnapshot(a),
    () => JSON.parse(jsonA),
  ]);
  return [
    sizeRow('size, against JSON of the same entries', a.length, Buffer.byteLength(json), 0.9),
    sizeRow('size, against JSON of everything', a.length, Buffer.byteLength(full), 0.3),
    {
      what: 'diff of an ordinary day, bytes to result',
      value: time(diff),
      peer: time(peerDiff),
      ratio: diff / peerDiff,
      budget: '≤ 0.25',
      ok: diff / peerDiff <= 0.25,
    },
    { what: 'diff of an ordinary day, absolute', value: time(diff), budget: '< 200 µs', ok: diff < 0.2 },
    {
      what: 'diff when every value differs',
      value: time(allDiff),
      peer: time(peerAllDiff),
      ratio: allDiff / peerAllDiff,
    },
    {
      what: 'format, against JSON.stringify',
      value: time(format),
      peer: time(stringify),
      ratio: format / stringify,
    },
    {
      what: 'strict parse, against JSON.parse',
      value: time(parse),
      peer: time(parseJson),
      ratio: parse / parseJson,
    },
  ];
}
