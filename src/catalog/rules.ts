/** The conflict rules (contract §3): id, level, and what holds. `varies` marks rules whose level depends on the case. */
import type { Facet, Level } from './facets.ts';

export interface RuleRow {
  readonly rule: string;
  readonly facet: Facet;
  readonly level: Level;
  readonly varies?: true;
  readonly holds: string;
  /** What go does then, as the end of "go: …". */
  readonly go?: string;
  /** The narrowest repair. */
  readonly repair?: string;
  /** What a finding of it says. */
  readonly example?: string;
}

/** The rules that need a baseline, a pin or a demand (contract §2): id, highest level, and what holds. Their facet is that of the key. */
export const otherRules = [
  { rule: 'added', level: 'major', holds: 'an entry is set that the baseline has not' },
  { rule: 'removed', level: 'major', holds: 'an entry of the baseline is gone' },
  { rule: 'changed', level: 'major', holds: 'an entry has another value than in the baseline' },
  { rule: 'pin-go-version', level: 'major', holds: 'a build uses another Go than .go-version names' },
  { rule: 'pin-tool-versions', level: 'major', holds: 'a build uses another Go than .tool-versions names' },
  {
    rule: 'pin-go-mod',
    level: 'major',
    holds: 'a build uses an older Go than the go line of go.mod asks for',
  },
  {
    rule: 'pin-toolchain-line',
    level: 'major',
    holds: 'a build uses an older Go than the toolchain line asks for',
  },
  {
    rule: 'pin-go-work',
    level: 'major',
    holds: 'a build uses an older Go than the go line of go.work asks for',
  },
  { rule: 'pin-config', level: 'major', holds: 'a build uses another Go than the configuration names' },
  { rule: 'required-variable-missing', level: 'minor', holds: 'a variable is required here and not set' },
] as const satisfies readonly Omit<RuleRow, 'facet'>[];

export const conflictRules = [
  {
    rule: 'go-missing',
    facet: 'toolchain',
    level: 'major',
    holds: 'no go answers on the PATH of the target, or what answers is no go',
    go: 'every go command fails; an editor that finds another go goes on with that one',
    repair: 'put the bin directory of a Go on PATH, or name a go for the target in the configuration',
    example: 'no go on PATH: every go command fails',
  },
  {
    rule: 'toolchain-too-old',
    facet: 'toolchain',
    level: 'major',
    holds: 'go.mod or go.work needs a newer Go than the one that answers, and GOTOOLCHAIN forbids switching',
    go: 'it refuses to load the module',
    repair: 'put a Go that is new enough first on PATH',
    example:
      'go.mod requires go >= 1.27, go 1.26.0 answers and GOTOOLCHAIN=local forbids switching: go refuses to load the module',
  },
  {
    rule: 'toolchain-not-installed',
    facet: 'toolchain',
    level: 'major',
    holds: 'the toolchain that a build needs is absent and cannot be downloaded',
    go: 'every go command in the workspace fails',
    repair: 'put the toolchain first on PATH, or allow its download',
    example:
      'a build here needs go1.27.4, which is not installed and cannot be downloaded (GOPROXY=off): every go command in the workspace fails',
  },
  {
    rule: 'toolchain-download-pending',
    facet: 'toolchain',
    level: 'patch',
    holds: 'the toolchain that a build needs is absent, and the next go command here would download it',
    go: 'the next go command downloads the toolchain, once, and uses it from then on',
    repair: 'put the toolchain first on PATH, or run with GOTOOLCHAIN=local where the go line allows it',
    example: 'the next go command here downloads go1.27.4 (go.mod asks for go 1.27.4)',
  },
  {
    rule: 'sumdb-blocks-switch',
    facet: 'toolchain',
    level: 'major',
    holds: 'checksum database settings make a needed toolchain switch fail',
    go: 'it refuses the switch, also to a toolchain that is in the module cache already, and fails',
    repair: 'put the toolchain first on PATH, or take the checksum setting away',
    example: 'a build here switches to go1.27.4, and go refuses: checksum database disabled by GOSUMDB=off',
  },
  {
    rule: 'toolchain-partial',
    facet: 'toolchain',
    level: 'major',
    holds: 'a toolchain directory is incomplete or was unpacked over another',
    go: 'builds fail for want of a tool, or mix the files of two versions',
    repair: 'remove the directory and unpack the toolchain again into an empty one',
    example:
      "the toolchain's directory is incomplete (pkg/tool has no compile): builds fail, or mix two versions",
  },
  {
    rule: 'goroot-mismatch',
    facet: 'toolchain',
    level: 'major',
    holds: 'GOROOT is not the tree of the go that answers',
    go: 'it takes compiler and standard library from GOROOT; builds fail with a version mismatch, or compile against another library',
    repair: 'unset GOROOT where it was set',
    example:
      'GOROOT=/opt/go1.21 is not the tree of /usr/local/go/bin/go (go1.26.0): builds fail with "version go1.21.13 does not match go tool version go1.26.0"',
  },
  {
    rule: 'goroot-mixed',
    facet: 'toolchain',
    level: 'major',
    holds: 'go and its compiler, linker and other tools in one GOROOT are of different versions',
    go: 'builds fail, or object files of two versions are mixed',
    repair: 'remove the tree and unpack one version into an empty directory',
    example:
      '/usr/local/go mixes versions: go is 1.26.0, compile is 1.24.13; builds fail or mix object files',
  },
  {
    rule: 'goroot-not-sdk',
    facet: 'toolchain',
    level: 'major',
    holds: 'GOROOT exists but is no Go tree (no pkg/tool or no src)',
    go: 'it finds no compiler or no standard library, and every build fails',
    repair: 'unset GOROOT, or unpack the toolchain again',
    example: 'GOROOT=/usr/lib/go has no src: go finds no standard library and every build fails',
  },
  {
    rule: 'goroot-label',
    facet: 'toolchain',
    level: 'patch',
    holds: '$GOROOT/VERSION says another version than the binary',
    go: 'it ignores the file; editors and scripts believe it',
    repair: 'write the version of the binary into line 1 of $GOROOT/VERSION, or unpack the toolchain again',
    example:
      '/usr/local/go/VERSION says 1.21.0, the go binary is 1.26.0: go ignores the file, other tools believe it',
  },
  {
    rule: 'go-shadowed',
    facet: 'toolchain',
    level: 'patch',
    holds: 'PATH holds several different go, and another than the expected one wins',
    go: 'the first one on PATH answers, whatever is behind it',
    repair: 'move the wanted one to the front of PATH, or take the unused one off it',
    example: '/usr/bin/go (go1.21.13) comes before /usr/local/go/bin/go (go1.26.0) on PATH and answers',
  },
  {
    rule: 'goenv-invalid',
    facet: 'env',
    level: 'major',
    holds: 'a line of the GOENV file makes every go command fail',
    go: 'every command fails, go env -u often too',
    repair: 'remove the line from the file by hand',
    example:
      'a line of the GOENV file stops go: every command fails with "GOPATH entry is relative; must be absolute path"',
  },
  {
    rule: 'goenv-ignored',
    facet: 'env',
    level: 'minor',
    holds: 'a line of the GOENV file has no effect and is likely a mistake',
    go: 'it reads past the line without a word',
    repair: 'correct or remove the line; what go reads from the process only belongs into the shell',
    example: 'line 3 of ~/.config/go/env sets GOFLAGS, but the process environment wins',
  },
  {
    rule: 'goexperiment-invalid',
    facet: 'env',
    level: 'major',
    holds: 'GOEXPERIMENT names something that this toolchain does not know',
    go: 'every command fails with "unknown GOEXPERIMENT"',
    repair: 'take the setting away where it was set',
    example: 'go 1.26.0 fails with "unknown GOEXPERIMENT jsonv9" on every command',
  },
  {
    rule: 'goos-goarch-unsupported',
    facet: 'env',
    level: 'major',
    holds: 'this toolchain does not build for the GOOS/GOARCH pair',
    go: 'every build fails with "unsupported GOOS/GOARCH pair"',
    repair: 'take GOOS or GOARCH away where it was set',
    example: 'go 1.26.0 does not build for linux/sparc',
  },
  {
    rule: 'goarch-level-invalid',
    facet: 'env',
    level: 'major',
    varies: true,
    holds:
      'GOAMD64, GOARM64 and the like hold no level that the toolchain knows (minor where it takes it silently)',
    go: 'it fails, or takes the value silently and builds for the lowest level',
    repair: 'take the variable away where it was set',
    example: 'go 1.26.0 fails with "invalid GOARM64" on every build',
  },
  {
    rule: 'godebug-removed',
    facet: 'env',
    level: 'minor',
    holds: 'GODEBUG sets something that this toolchain no longer knows',
    go: 'itself and every program that it builds stop with "removed GODEBUG"',
    repair: 'take the setting away where it was set',
    example:
      'GODEBUG asks for tls3des (removed in go1.27): go itself and every program that it builds stop with "removed GODEBUG"',
  },
  {
    rule: 'goflags-rewrites-gomod',
    facet: 'env',
    level: 'minor',
    holds: '-mod=mod comes from GOFLAGS: list and build may rewrite go.mod',
    go: 'list, build and vet add what they miss to go.mod and go.sum',
    repair: 'take -mod=mod out of GOFLAGS, and say it on the command that needs it',
    example: 'GOFLAGS holds -mod=mod: go list, go build and go vet may rewrite go.mod and go.sum',
  },
  {
    rule: 'goflags-unknown',
    facet: 'env',
    level: 'major',
    holds: 'GOFLAGS holds a flag that go rejects',
    go: 'every command but go env fails',
    repair: 'take GOFLAGS away where it was set, or correct it',
    example: 'go fails with "parsing $GOFLAGS: unknown flag -fast" on every command but go env',
  },
  {
    rule: 'modules-off',
    facet: 'env',
    level: 'major',
    holds: 'GO111MODULE=off inside a module',
    go: 'it ignores go.mod and looks for every import below GOPATH',
    repair: 'unset GO111MODULE',
    example: 'GO111MODULE=off inside a module: go ignores go.mod and looks for every import below GOPATH',
  },
  {
    rule: 'gopath-is-goroot',
    facet: 'env',
    level: 'minor',
    holds: 'GOPATH equals or lies inside GOROOT, or is relative',
    go: 'it warns and mixes downloaded modules with the toolchain; a relative entry stops it',
    repair: 'unset GOPATH, or give it a directory of its own',
    example:
      'GOPATH /usr/local/go lies in GOROOT /usr/local/go: go warns and mixes downloaded modules with the toolchain',
  },
  {
    rule: 'sumdb-disabled',
    facet: 'env',
    level: 'minor',
    holds: 'checksum verification is off altogether, or by a pattern that covers a whole public host',
    go: 'it accepts any content for a module that go.sum does not list yet',
    repair: 'take GOSUMDB=off away; narrow GONOSUMDB and GOPRIVATE to your own paths',
    example: 'GOSUMDB=off: go accepts any content for a module that go.sum does not list yet',
  },
  {
    rule: 'gotmpdir-missing',
    facet: 'env',
    level: 'major',
    holds: 'GOTMPDIR names no writable directory',
    go: 'every build fails with "creating work dir"',
    repair: 'make the directory, or unset GOTMPDIR',
    example: 'GOTMPDIR=/scratch/go is no writable directory: go build fails with "creating work dir"',
  },
  {
    rule: 'cgo-no-compiler',
    facet: 'env',
    level: 'minor',
    holds: 'CGO_ENABLED=1 and the configured C compiler is absent',
    go: 'packages with cgo fail to build; some of the standard library falls back to pure Go only with CGO_ENABLED=0',
    repair: 'install the compiler, or set CGO_ENABLED=0',
    example: 'CGO_ENABLED=1 and the C compiler gcc is not found: packages with cgo fail to build',
  },
] as const satisfies readonly RuleRow[];

export type ConflictRule = (typeof conflictRules)[number]['rule'];

/** The row of a rule. */
export function ruleRow(rule: ConflictRule): RuleRow {
  return conflictRules.find((row) => row.rule === rule) as RuleRow;
}
