/**
 * Describes the default of each Go variable in words, for `godrift why`. `src/go/defaults.ts` computes the
 * values and names the places in Go's sources.
 */

const platform = 'the platform that this go was built for';
const compiledIn = 'compiled into this go (internal/buildcfg/zbootstrap.go)';
const shipped = 'set in `$GOROOT/go.env`; compiled in before 1.21';
const level = 'compiled into this go, for the architecture of the build';
const none = 'no default: empty';

const sources: Readonly<Record<string, string>> = {
  AR: 'the name ar, found on PATH',
  CC: 'the C compiler that this go was built to use (cmd/go/internal/cfg/zdefaultcc.go)',
  CXX: 'the C++ compiler that this go was built to use (cmd/go/internal/cfg/zdefaultcc.go)',
  CGO_CFLAGS: '-O2 -g, fixed in cmd/go',
  CGO_CXXFLAGS: '-O2 -g, fixed in cmd/go',
  CGO_FFLAGS: '-O2 -g, fixed in cmd/go',
  CGO_LDFLAGS: '-O2 -g, fixed in cmd/go',
  CGO_ENABLED: '1 when building for the host itself with a C compiler (CC) on PATH, else 0',
  GCCGO: 'gccgo on PATH',
  GOARCH: platform,
  GOOS: platform,
  GOHOSTARCH: platform,
  GOHOSTOS: platform,
  GOAUTH: 'netrc, fixed in cmd/go',
  GOBIN: 'empty, which means bin in the first GOPATH; since 1.27 go env shows that directory',
  GOCACHE: 'go-build below $XDG_CACHE_HOME, else below ~/.cache',
  GOENV: 'go/env below $XDG_CONFIG_HOME, else below ~/.config',
  GOEXE: 'GOOS',
  GOEXPERIMENT: compiledIn,
  GOFIPS140: compiledIn,
  GOMOD: 'the nearest go.mod upward',
  GOMODCACHE: 'pkg/mod below the first GOPATH',
  GONOPROXY: 'GOPRIVATE',
  GONOSUMDB: 'GOPRIVATE',
  GOPATH: 'go below HOME',
  GOPROXY: shipped,
  GOSUMDB: shipped,
  GOTOOLCHAIN: '`$GOROOT/go.env`: auto in a release, local in many distributions and images',
  GOROOT: 'the tree that contains the go command',
  GOTELEMETRY: 'the mode file of go telemetry',
  GOTELEMETRYDIR: 'go/telemetry below $XDG_CONFIG_HOME, else below ~/.config',
  GOTMPDIR: 'empty, which means TMPDIR, else /tmp',
  GOTOOLDIR: 'pkg/tool below GOROOT',
  GOVERSION: 'this go itself',
  GOWORK: 'the nearest go.work upward',
  PKG_CONFIG: 'the name pkg-config, found on PATH',
  ...Object.fromEntries(
    ['GO386', 'GOAMD64', 'GOARM', 'GOARM64', 'GOMIPS', 'GOMIPS64', 'GOPPC64', 'GORISCV64', 'GOWASM'].map(
      (name) => [name, level],
    ),
  ),
};

/** Describes in a few words where the default of a variable comes from. */
export function defaultSource(name: string): string {
  return sources[name] ?? none;
}
