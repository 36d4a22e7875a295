/** Conflict rules of the facet env: variables that go refuses or ignores, or that contradict each other. */
import type { RuleRow } from './rule-row.ts';

/** Rows in the order of docs/conflicts.md. */
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
      'a variable of the process environment makes go commands fail, or GOCACHE or GOSUMDB is empty (minor where only downloads, installs, cgo or tools that load packages fail)',
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
    holds: 'CGO_ENABLED is neither 0 nor 1: go silently uses its default',
  },
  {
    rule: 'packages-driver',
    facet: 'env',
    level: 'patch',
    holds:
      'a gopackagesdriver on PATH replaces go in tools that load packages, although GOPACKAGESDRIVER is not set',
  },
  {
    rule: 'goexperiment-invalid',
    facet: 'env',
    level: 'major',
    holds: 'GOEXPERIMENT names an experiment that this toolchain does not know',
  },
  {
    rule: 'goos-goarch-unsupported',
    facet: 'env',
    level: 'major',
    holds: 'this toolchain does not support the GOOS/GOARCH pair',
  },
  {
    rule: 'goarch-level-invalid',
    facet: 'env',
    level: 'major',
    varies: true,
    holds:
      'GOAMD64, GOARM64 or the like has a value that the toolchain does not know (minor where it silently accepts the value)',
  },
  {
    rule: 'godebug-removed',
    facet: 'env',
    level: 'minor',
    varies: true,
    holds:
      'GODEBUG has a setting that this toolchain or an installed tool no longer supports (major where go itself stops at its start)',
  },
  {
    rule: 'goflags-rewrites-gomod',
    facet: 'env',
    level: 'minor',
    holds: 'GOFLAGS holds -mod=mod: go list and go build may rewrite go.mod',
  },
  { rule: 'goflags-unknown', facet: 'env', level: 'major', holds: 'GOFLAGS holds a flag that go rejects' },
  {
    rule: 'goflags-file-missing',
    facet: 'env',
    level: 'major',
    holds:
      'GOFLAGS names a file or program that does not exist (-overlay, -modfile, -pgo, -toolexec, -compiler=gccgo), or an overlay that go cannot use',
  },
  {
    rule: 'modules-off',
    facet: 'env',
    level: 'major',
    holds:
      'GO111MODULE=off inside a module, or a go.mod directly in the directory for temporary files, where go ignores it',
  },
  {
    rule: 'gopath-is-goroot',
    facet: 'env',
    level: 'minor',
    holds: 'GOPATH equals GOROOT, lies inside it, or is relative',
  },
  {
    rule: 'sumdb-disabled',
    facet: 'env',
    level: 'minor',
    holds: 'checksum verification is off, for all modules or by a pattern that covers a whole public host',
  },
  {
    rule: 'gotmpdir-missing',
    facet: 'env',
    level: 'major',
    holds: 'GOTMPDIR, or TMPDIR if GOTMPDIR is not set, is not a writable directory',
  },
  {
    rule: 'gotmpdir-noexec',
    facet: 'env',
    level: 'minor',
    holds:
      'the temporary directory of go (GOTMPDIR, else TMPDIR, else /tmp) is on a file system mounted noexec',
  },
  {
    rule: 'cgo-no-compiler',
    facet: 'env',
    level: 'minor',
    varies: true,
    holds:
      'CGO_ENABLED=1, but the configured C compiler is missing or is that of the host although the build is for another platform; major where -race, -msan or -asan makes every build need it',
  },
  {
    rule: 'gobin-cross',
    facet: 'env',
    level: 'minor',
    holds:
      'GOBIN is set, and GOOS or GOARCH names another platform than that of the host: go install refuses',
  },
  {
    rule: 'vcs-stamping',
    facet: 'env',
    level: 'major',
    holds:
      'go stamps programs with the state of the git repository (-buildvcs), but git refuses to work in it (it belongs to another user, is not a repository, is damaged, requires a newer git, or its configuration cannot be parsed), or go finds two version control systems',
  },
  {
    rule: 'vcs-version-stale',
    facet: 'env',
    level: 'minor',
    holds:
      'GOPROXY=off, HEAD has a tag that is a version of the module, but the module cache has an older pseudo-version for that commit, which go 1.25 and newer stamp into programs',
  },
] as const satisfies readonly RuleRow[];
