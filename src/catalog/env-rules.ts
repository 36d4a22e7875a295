/** Conflicts of the facet env: variables that go refuses, ignores, or that contradict each other. */
import type { RuleRow } from './rule-row.ts';

/** In the order of docs/conflicts.md. */
export const envRules = [
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
    rule: 'gotmpdir-noexec',
    facet: 'env',
    level: 'minor',
    holds: 'GOTMPDIR, TMPDIR without it, or /tmp without both, lies on a file system that is mounted noexec',
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
      'go stamps programs with the state of a git repository (-buildvcs) that git refuses to work in (it belongs to another user, is none, is damaged, demands a newer git, or a configuration cannot be parsed), or finds two systems of version control',
  },
  {
    rule: 'vcs-version-stale',
    facet: 'env',
    level: 'minor',
    holds:
      'GOPROXY=off, the commit that is checked out has a tag that is a version of the module, and the module cache knows it by an older pseudo-version: go 1.25 and newer stamp programs with that',
  },
] as const satisfies readonly RuleRow[];
