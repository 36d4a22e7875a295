/** The conflict rules (contract §3): id, level, and what holds. `varies` marks rules whose level depends on the case. */
import type { Facet, Level } from './facets.ts';

export interface RuleRow {
  readonly rule: string;
  readonly facet: Facet;
  readonly level: Level;
  readonly varies?: true;
  readonly holds: string;
}

/** The rules that need a baseline, a pin or a demand (contract §2): id, highest level, and what holds. Their facet is that of the key. */
export const otherRules = [
  { rule: 'added', level: 'major', holds: 'an entry is set that the baseline has not' },
  { rule: 'removed', level: 'major', holds: 'an entry of the baseline is gone' },
  { rule: 'changed', level: 'major', holds: 'an entry has another value than in the baseline' },
  { rule: 'pin-go-version', level: 'major', holds: 'a build uses another Go than .go-version names' },
  { rule: 'pin-tool-versions', level: 'major', holds: 'a build uses another Go than .tool-versions names' },
  {
    rule: 'pin-mise-toml',
    level: 'major',
    holds: 'a build uses another Go than mise.toml, or another of the files of mise, names',
  },
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
  {
    rule: 'baseline-missing',
    level: 'major',
    holds: 'a baseline is required (`--require-baseline`), and there is none',
  },
  {
    rule: 'baseline-edited',
    level: 'patch',
    holds:
      'the committed baseline is another than that of the revision which is compared with (`--baseline-ref`)',
  },
] as const satisfies readonly Omit<RuleRow, 'facet'>[];

export const conflictRules = [
  {
    rule: 'go-missing',
    facet: 'toolchain',
    level: 'major',
    varies: true,
    holds: 'no go answers on the PATH of the target, or what answers is no go, or one for another machine',
  },
  {
    rule: 'toolchain-too-old',
    facet: 'toolchain',
    level: 'major',
    holds:
      'go.mod, go.work or a dependency that is imported needs a newer Go than the one that answers, and go does not switch',
  },
  {
    rule: 'toolchain-held-back',
    facet: 'toolchain',
    level: 'patch',
    holds:
      'GOTOOLCHAIN names an older Go than the one that is first on PATH, and the project does not ask for it',
  },
  {
    rule: 'toolchain-not-installed',
    facet: 'toolchain',
    level: 'major',
    holds: 'the toolchain that a build needs is absent and cannot be downloaded',
  },
  {
    rule: 'toolchain-download-pending',
    facet: 'toolchain',
    level: 'patch',
    holds: 'the toolchain that a build needs is absent, and the next go command here would download it',
  },
  {
    rule: 'sumdb-blocks-switch',
    facet: 'toolchain',
    level: 'major',
    holds: 'checksum database settings make a needed toolchain switch fail',
  },
  {
    rule: 'toolchain-partial',
    facet: 'toolchain',
    level: 'major',
    holds: 'a toolchain directory is incomplete or was unpacked over another',
  },
  {
    rule: 'goroot-mismatch',
    facet: 'toolchain',
    level: 'major',
    holds: 'GOROOT is not the tree of the go that answers',
  },
  {
    rule: 'goroot-mixed',
    facet: 'toolchain',
    level: 'major',
    holds: 'go and its compiler, linker and other tools in one GOROOT are of different versions',
  },
  {
    rule: 'goroot-not-sdk',
    facet: 'toolchain',
    level: 'major',
    holds: 'GOROOT exists but is no Go tree (no pkg/tool or no src)',
  },
  {
    rule: 'goroot-label',
    facet: 'toolchain',
    level: 'patch',
    holds: '$GOROOT/VERSION says another version than the binary',
  },
  {
    rule: 'go-shadowed',
    facet: 'toolchain',
    level: 'patch',
    holds: 'PATH holds several different go, and another than the expected one wins',
  },
  {
    rule: 'path-relative',
    facet: 'toolchain',
    level: 'minor',
    varies: true,
    holds:
      'PATH has a relative or empty entry: minor where it brings the go of the workspace into force, patch where it only could, or brings one from elsewhere',
  },
  {
    rule: 'go-not-run',
    facet: 'toolchain',
    level: 'patch',
    holds:
      'the go that builds lies in the code that it builds, or others can exchange it: godrift reads it and does not run it, so what it would have confirmed rests on files alone',
  },
  {
    rule: 'goenv-invalid',
    facet: 'env',
    level: 'major',
    varies: true,
    holds:
      'a line of the GOENV file makes every go command fail (minor where only downloads, installs or cgo fail)',
  },
  {
    rule: 'env-invalid',
    facet: 'env',
    level: 'major',
    varies: true,
    holds:
      'a variable of the process environment makes go commands fail, or GOCACHE or GOSUMDB has no value at all (minor where only downloads, installs, cgo or tools that load packages fail)',
  },
  {
    rule: 'goenv-ignored',
    facet: 'env',
    level: 'minor',
    holds: 'a line of the GOENV file has no effect and is likely a mistake, or the file cannot be read',
  },
  {
    rule: 'env-ignored',
    facet: 'env',
    level: 'minor',
    holds: 'CGO_ENABLED is neither 0 nor 1: go takes its default without a word',
  },
  {
    rule: 'packages-driver',
    facet: 'env',
    level: 'patch',
    holds:
      'a gopackagesdriver on PATH answers tools that load packages in the place of go, and GOPACKAGESDRIVER does not say so',
  },
  {
    rule: 'goexperiment-invalid',
    facet: 'env',
    level: 'major',
    holds: 'GOEXPERIMENT names something that this toolchain does not know',
  },
  {
    rule: 'goos-goarch-unsupported',
    facet: 'env',
    level: 'major',
    holds: 'this toolchain does not build for the GOOS/GOARCH pair',
  },
  {
    rule: 'goarch-level-invalid',
    facet: 'env',
    level: 'major',
    varies: true,
    holds:
      'GOAMD64, GOARM64 and the like hold no level that the toolchain knows (minor where it takes it silently)',
  },
  {
    rule: 'godebug-removed',
    facet: 'env',
    level: 'minor',
    varies: true,
    holds:
      'GODEBUG sets something that this toolchain, or an installed tool, no longer knows (major where go itself stops at its start)',
  },
  {
    rule: 'goflags-rewrites-gomod',
    facet: 'env',
    level: 'minor',
    holds: '-mod=mod comes from GOFLAGS: list and build may rewrite go.mod',
  },
  { rule: 'goflags-unknown', facet: 'env', level: 'major', holds: 'GOFLAGS holds a flag that go rejects' },
  {
    rule: 'goflags-file-missing',
    facet: 'env',
    level: 'major',
    holds:
      'GOFLAGS names a file or program that is not there (-overlay, -modfile, -pgo, -toolexec, -compiler=gccgo), or an overlay that go cannot use',
  },
  {
    rule: 'modules-off',
    facet: 'env',
    level: 'major',
    holds:
      'GO111MODULE=off inside a module, or its go.mod lies directly in the directory for temporary files, where go passes over it',
  },
  {
    rule: 'gopath-is-goroot',
    facet: 'env',
    level: 'minor',
    holds: 'GOPATH equals or lies inside GOROOT, or is relative',
  },
  {
    rule: 'sumdb-disabled',
    facet: 'env',
    level: 'minor',
    holds: 'checksum verification is off altogether, or by a pattern that covers a whole public host',
  },
  {
    rule: 'gotmpdir-missing',
    facet: 'env',
    level: 'major',
    holds: 'GOTMPDIR, or TMPDIR without it, names no writable directory',
  },
  {
    rule: 'cgo-no-compiler',
    facet: 'env',
    level: 'minor',
    varies: true,
    holds:
      'CGO_ENABLED=1 and the configured C compiler is absent, or is that of the host for another platform; major where -race, -msan or -asan make every build need it',
  },
  {
    rule: 'gobin-cross',
    facet: 'env',
    level: 'minor',
    holds: 'GOBIN is set, and GOOS or GOARCH name another platform than this one: go install refuses',
  },
  {
    rule: 'vcs-stamping',
    facet: 'env',
    level: 'major',
    holds:
      'go stamps programs with the state of a git repository (-buildvcs) that git refuses to work in, as it belongs to another user, or that is none',
  },
  {
    rule: 'goflags-vendor',
    facet: 'modules',
    level: 'major',
    holds:
      '-mod=vendor (or a vendor directory) with a vendor/modules.txt that is absent or does not agree with go.mod',
  },
  {
    rule: 'gowork-stray',
    facet: 'modules',
    level: 'minor',
    holds:
      'a go.work takes effect (found above, or by GOWORK) that does not list the workspace, lies outside its repository or belongs to another user',
  },
  {
    rule: 'gomod-invalid',
    facet: 'modules',
    level: 'major',
    holds: 'go.mod or go.work cannot be parsed by this toolchain, or go refuses what they say',
  },
  {
    rule: 'godebug-line',
    facet: 'modules',
    level: 'major',
    holds:
      'a //go:debug line in the workspace, below cmd or in a directory called main holds a setting that this toolchain removed or does not know',
  },
  {
    rule: 'gosum-mismatch',
    facet: 'modules',
    level: 'major',
    holds: 'go.sum lacks a sum that a build needs, or contradicts the module cache',
  },
  {
    rule: 'module-unavailable',
    facet: 'modules',
    level: 'major',
    holds:
      'a module that the build needs is neither in the module cache nor to be downloaded, its zip there is no whole one, or the module cache may not be written',
  },
  {
    rule: 'file-outside',
    facet: 'modules',
    level: 'patch',
    holds:
      'go.mod, go.work, go.sum, vendor or a version file of the workspace is a link out of it and of its repository: godrift does not follow it',
  },
  {
    rule: 'requirement-overridden',
    facet: 'modules',
    level: 'patch',
    varies: true,
    holds:
      'go.mod of the main module declares a version that the build does not take (untidy, go.work, replace), or lost a module that it needs: major where builds fail, else the level of the difference, patch for a replacement by a folder or by another module',
  },
  {
    rule: 'modcache-edited',
    facet: 'modules',
    level: 'major',
    holds: 'an extracted module differs from its recorded hash',
  },
  {
    rule: 'tool-behind',
    facet: 'tools',
    level: 'minor',
    varies: true,
    holds:
      'a tool was built with an older Go language version than the project needs (patch for a tool that does not load Go source, and where only the toolchain is newer), or refuses that Go whatever built it (Delve)',
  },
  {
    rule: 'tool-not-pinned-version',
    facet: 'tools',
    level: 'minor',
    varies: true,
    holds:
      'an installed tool differs from the version that the tool lines of go.mod, .tool-versions, mise.toml or the configuration name (patch for a local build without version)',
  },
  {
    rule: 'gofmt-mismatch',
    facet: 'tools',
    level: 'minor',
    varies: true,
    holds: 'gofmt on PATH belongs to another Go version than go (patch for a patch release)',
  },
  {
    rule: 'ide-environment-differs',
    facet: 'context',
    level: 'minor',
    varies: true,
    holds:
      'an editor or gopls that runs for the workspace has another Go or other build variables (patch for where modules come from, for a patch release, and for what a graphical editor may still read from a login shell)',
  },
  {
    rule: 'toolchain-edited',
    facet: 'toolchain',
    level: 'major',
    holds: 'the files of a toolchain in the module cache are not those of the zip that it came in',
  },
  {
    rule: 'cache-corrupt',
    facet: 'cache',
    level: 'major',
    holds:
      'an output in GOCACHE does not have the content that its name promises, or an entry is a link, a FIFO or another thing than a file',
  },
  {
    rule: 'cache-rebound',
    facet: 'cache',
    level: 'major',
    holds:
      'an action entry leads to an output that another action or, in parts, another release made, or was changed in place to another one (actions are reproducible: builds do not do that)',
  },
  {
    rule: 'cache-foreign-owner',
    facet: 'cache',
    level: 'minor',
    holds: 'GOCACHE holds entries that the user who builds cannot replace',
  },
  {
    rule: 'cache-unwritable',
    facet: 'cache',
    level: 'major',
    holds: 'GOCACHE cannot be written, is on a full disk, or is no directory that go can use',
  },
  {
    rule: 'cache-stale-index',
    facet: 'cache',
    level: 'patch',
    holds:
      'a source file changed and kept name, size and modification time, and go would read its imports from the index that it made before',
  },
] as const satisfies readonly RuleRow[];

export type ConflictRule = (typeof conflictRules)[number]['rule'];

/** The row of a rule. */
export function ruleRow(rule: ConflictRule): RuleRow {
  return conflictRules.find((row) => row.rule === rule) as RuleRow;
}
