/** The drifts that were known before godrift was begun, seen in issues of Go and its users: each is played by the scenarios named here. */

/** A drift by its number in the list that the corpus was begun with. */
export interface KnownDrift {
  readonly number: number;
  readonly title: string;
  /** Names of scenarios, harmless ones too. */
  readonly scenarios: readonly [string, ...string[]];
}

const drift = (number: number, title: string, ...scenarios: KnownDrift['scenarios']): KnownDrift => ({
  number,
  title,
  scenarios,
});

/** How many there are: none may be left out. */
export const knownDriftCount = 27;

export const knownDrifts: readonly KnownDrift[] = [
  drift(1, 'the toolchain goes up by a patch release', 'harmless/patch-release'),
  drift(2, 'a toolchain line switches without a word', 'drift/toolchain-line-switches'),
  drift(
    3,
    'the toolchain that is needed is absent, and there is no network',
    'toolchain-not-installed/go-line-offline',
    'toolchain-not-installed/toolchain-line-offline',
  ),
  drift(4, 'GOROOT of the old version is left in the shell', 'goroot-mismatch/left-in-the-shell'),
  drift(
    5,
    'GOROOT of the old version is left in GOENV',
    'goroot-mismatch/goenv',
    'goroot-mismatch/goenv-and-a-switch-on-path',
  ),
  drift(6, 'a new release unpacked over an old tree', 'goroot-mixed/new-go-over-an-old-tree'),
  drift(7, 'VERSION of the tree says something else', 'goroot-label/edited'),
  drift(
    8,
    'GOTOOLCHAIN in GOENV is junk or ends with a carriage return',
    'goenv-invalid/gotoolchain-junk',
    'goenv-invalid/gotoolchain-crlf',
  ),
  drift(
    9,
    'a Makefile left GOFLAGS=-mod=mod in GOENV',
    'goflags-rewrites-gomod/goenv',
    'drift/goenv-line-appears',
  ),
  drift(10, 'GOFLAGS=-mod=vendor is left behind', 'goflags-vendor/left-behind'),
  drift(11, 'GOSUMDB=off stops a switch', 'sumdb-blocks-switch/cached-and-off'),
  drift(12, 'go get raised the go line', 'drift/go-get-raises-the-go-line'),
  drift(
    13,
    'a go.work of a directory above takes effect',
    'gowork-stray/does-not-use-the-module',
    'gowork-stray/selects-other-versions',
  ),
  drift(14, 'a file of the vendor directory was edited', 'drift/vendored-file-edited'),
  drift(15, 'an extracted module was edited', 'modcache-edited/a-file', 'modcache-edited/a-further-file'),
  drift(16, 'bytes of the build cache flipped', 'cache-corrupt/flipped'),
  drift(17, 'an archive of the build cache is zeros', 'cache-corrupt/zeroed'),
  drift(
    18,
    'a checkout that keeps times leaves the index of a module behind',
    'cache-stale-index/checkout-that-keeps-times',
  ),
  drift(19, 'a cache out of an image is trimmed', 'harmless/cache-trimmed'),
  drift(20, 'the build cache is removed below a build', 'harmless/cache-cleaned-while-building'),
  drift(21, 'a build as root into the cache of a user', 'cache-foreign-owner/after-sudo'),
  drift(
    22,
    'other bytes under the same version',
    'drift/compiler-of-other-bytes',
    'toolchain-edited/a-file-of-the-standard-library',
  ),
  drift(23, 'a tool is older than the project', 'tool-behind/gopls-and-a-newer-go-line'),
  drift(
    24,
    'a restored module cache has half a toolchain',
    'toolchain-partial/archive-cut-off',
    'toolchain-partial/mark-of-the-module-cache',
  ),
  drift(25, 'another C compiler', 'drift/cc-changed'),
  drift(26, 'GOEXPERIMENT of an older Go is left behind', 'goexperiment-invalid/became-the-language'),
  drift(
    27,
    'looking itself: every scenario sees that it changed no file; these tempt it most',
    'goflags-rewrites-gomod/goenv',
    'toolchain-download-pending/go-line',
  ),
];
