/**
 * The paragraphs of docs/conflicts.md about each rule: what go does while it holds, and how to repair it.
 * Findings report the same with concrete names and versions; `test/scenarios/` verifies both with real
 * toolchains.
 */
import type { ConflictRule } from './rules.ts';

/** Two short paragraphs about a rule: the behaviour of go, and the repair. */
export interface RulePage {
  readonly go: string;
  readonly repair: string;
}

/** The paragraphs of every conflict rule. */
export const rulePages: Readonly<Record<ConflictRule, RulePage>> = {
  'go-missing': {
    go: 'The shell finds no `go`, or finds another program of that name. Nothing is built.',
    repair:
      'Put the `bin` directory of a Go on PATH; the finding names an installed one. If the configuration names the go of the target, correct that line.',
  },
  'toolchain-too-old': {
    go: 'It refuses to load the module: `go.mod requires go >= 1.27 (running go 1.26; GOTOOLCHAIN=local)`.',
    repair:
      'Put a newer Go first on PATH. If GOTOOLCHAIN names an old Go, in the environment or in a line written by `go env -w`, remove that setting.',
  },
  'toolchain-held-back': {
    go: 'It starts the toolchain that GOTOOLCHAIN names, so that a Go installed later is never used.',
    repair: 'Unset GOTOOLCHAIN, or remove its line from the GOENV file. If it is intended, nothing.',
  },
  'toolchain-not-installed': {
    go: 'Every go command in the workspace needs a toolchain that is neither on PATH nor in the module cache, and is not allowed or not able to download it.',
    repair:
      'Install that version, or revert the setting or line that requests it. Correct a toolchain name that does not exist.',
  },
  'toolchain-download-pending': {
    go: 'The next command downloads a toolchain into the module cache, and builds with it from then on.',
    repair:
      'If it is intended, nothing. Otherwise put a matching Go first on PATH, or set `GOTOOLCHAIN=local`.',
  },
  'sumdb-blocks-switch': {
    go: 'It verifies toolchains against the checksum database even if GONOSUMDB and GOPRIVATE exclude them; if the database is off, it refuses to switch.',
    repair: 'Put the required Go first on PATH, or set GOSUMDB to its default.',
  },
  'toolchain-partial': {
    go: 'Builds fail because the compiler or standard packages are missing, or mix object files of two versions. The tree is truncated, or was unpacked over another.',
    repair: 'Remove the directory and unpack the toolchain into an empty one.',
  },
  'goroot-mismatch': {
    go: 'It runs the compiler of the tree that GOROOT names, or finds none there: `compile: version "go1.26.0" does not match go tool version "go1.27.4"`.',
    repair: 'Unset GOROOT: go finds its own tree without it.',
  },
  'goroot-mixed': {
    go: 'Compiler, linker or assembler belong to another release than go itself. Builds fail, or link objects of different releases.',
    repair: 'Remove the tree and unpack one version into an empty directory.',
  },
  'goroot-not-sdk': {
    go: 'It finds no standard library or no compiler: `package fmt is not in std`, `cannot find GOROOT directory`.',
    repair: 'Unset GOROOT, unpack the toolchain again, or replace a copy of `bin/go` by a symlink to it.',
  },
  'goroot-label': {
    go: 'It ignores `$GOROOT/VERSION` and uses the version compiled into it; but scripts, images and other tools rely on the file.',
    repair: 'Write the version of the binary into the file, or unpack the toolchain again.',
  },
  'go-shadowed': {
    go: 'The first `go` on PATH is used, and a newer one after it never is.',
    repair: 'Reorder PATH, or remove the unwanted directory from it.',
  },
  'path-relative': {
    go: 'A shell resolves such an entry from its current directory (an empty entry is the current directory itself), so that every directory may provide its own `go`. Go itself refuses programs found this way (`cannot run executable found relative to current directory`): a C compiler or `git` there stops builds.',
    repair:
      'Remove the entry from PATH, or write it as an absolute path. An empty entry comes from a superfluous colon.',
  },
  'go-not-run': {
    go: 'Builds work as usual. But anyone who can write there can replace this go, and godrift would run the replacement with its own rights. Therefore godrift does not run `go env` and `go list`, `godrift_env_disagreements` is absent, and the build list is computed from the files.',
    repair:
      'Use a Go that belongs to root or to the building user, in directories that nobody else can write to, outside the workspace and its repository.',
  },
  'goenv-invalid': {
    go: 'Every command fails with the same error, often even `go env -u`, because of a line that `go env -w` or an editor wrote.',
    repair: 'Remove the line from the file.',
  },
  'env-invalid': {
    go: 'Every command, or every command that needs the variable, fails with the error that the finding quotes.',
    repair: 'Unset or correct the variable where it is exported.',
  },
  'goenv-ignored': {
    go: 'It reports nothing: it skips unknown names, gives the process environment precedence, and continues without a file that it cannot read.',
    repair: 'Remove the line, or set the variable where go reads it.',
  },
  'env-ignored': {
    go: 'It treats CGO_ENABLED as unset unless it is 0 or 1, so that `false` leaves cgo on.',
    repair: 'Set it to 0 or 1, or unset it.',
  },
  'packages-driver': {
    go: 'Builds work as usual. But gopls, golangci-lint, stringer and all other tools that load packages by golang.org/x/tools/go/packages run this program instead of `go list`: packages that it does not know are missing, and if it fails, the tools fail.',
    repair:
      'Set GOPACKAGESDRIVER=off in the environment of the tools, or remove the program from PATH. If it is intended, name it in GOPACKAGESDRIVER to make it visible.',
  },
  'goexperiment-invalid': {
    go: 'Every command fails with `unknown GOEXPERIMENT`: each release adds and removes experiments.',
    repair: 'Unset it, or remove the name of an experiment that has become part of the language.',
  },
  'goos-goarch-unsupported': {
    go: 'Builds, and possibly other commands, fail with `unsupported GOOS/GOARCH pair`.',
    repair:
      'Unset the variables, which a script for another platform may have left behind, or use a Go that supports the pair.',
  },
  'goarch-level-invalid': {
    go: 'It refuses the level (`invalid GOAMD64`), or silently compiles for the lowest level.',
    repair: 'Unset the variable, or set it to a level of that architecture.',
  },
  'godebug-removed': {
    go: 'Since 1.27, go and the tools and programs built by it stop at their start with `removed GODEBUG`; older versions ignore the setting.',
    repair: 'Remove the setting from GODEBUG: the behaviour that it requests no longer exists.',
  },
  'goflags-rewrites-gomod': {
    go: 'Even `go list` and `go vet` may change go.mod and go.sum, and so the versions that your colleagues build.',
    repair: 'Remove `-mod=mod` from GOFLAGS, and pass it to the command that needs it.',
  },
  'goflags-unknown': {
    go: 'Every command that accepts build flags fails with the error that the finding quotes.',
    repair: 'Remove the flag from GOFLAGS.',
  },
  'goflags-file-missing': {
    go: 'Every build fails, because the file of `-overlay`, `-modfile` or `-pgo` or the program of `-toolexec` or `-compiler=gccgo` does not exist. An overlay also stops builds if it is not JSON, or replaces a source of the workspace by a missing file.',
    repair: 'Remove the flag from GOFLAGS, or restore the file.',
  },
  'modules-off': {
    go: 'It ignores go.mod. With GO111MODULE=off it searches for every import below GOPATH; a go.mod directly in the directory for temporary files (TMPDIR) is never found.',
    repair: 'Unset GO111MODULE; or move the module into a subdirectory, or set another TMPDIR.',
  },
  'gopath-is-goroot': {
    go: 'It warns and unpacks modules into the tree of the toolchain; a relative GOPATH it refuses.',
    repair: 'Set another GOPATH, or move the toolchain to another directory.',
  },
  'sumdb-disabled': {
    go: 'For a module that go.sum does not list yet, it accepts whatever the proxy sends.',
    repair: 'Set GOSUMDB to its default, and use GOPRIVATE and GONOSUMDB for your own paths only.',
  },
  'gotmpdir-missing': {
    go: 'Builds fail with `creating work dir`.',
    repair: 'Create the directory, or unset the variable.',
  },
  'gotmpdir-noexec': {
    go: '`go test` and `go run` fail with `fork/exec …: permission denied`, since they start programs in that directory. `go build` works. Hardened hosts mount /tmp noexec.',
    repair:
      'Set GOTMPDIR to a directory on another file system, with `go env -w` for everything that the user runs.',
  },
  'cgo-no-compiler': {
    go: 'Packages with cgo fail to build, and with -race, -msan or -asan every program does. If CGO_ENABLED is not set and there is no compiler on PATH, go turns cgo off instead.',
    repair: 'Install the compiler, set CC to one for the platform, or set `CGO_ENABLED=0`.',
  },
  'gobin-cross': {
    go: '`go install` fails with `cannot install cross-compiled binaries when GOBIN is set`; `go run` and `go test` cannot start what they built. `go build` works.',
    repair: 'Unset GOARCH or GOOS if builds are for this machine, else unset GOBIN.',
  },
  'vcs-stamping': {
    go: '`go build` and `go install` of a program fail with `error obtaining VCS status: exit status 128`, often in a container or on a mounted directory, or with `multiple VCS detected`. Without git on PATH go omits the stamp, unless `-buildvcs=true` is given.',
    repair:
      'Run `git config --global --add safe.directory DIR` if you trust the owner of the directory (git runs programs that the configuration of the repository names), or set `GOFLAGS=-buildvcs=false`.',
  },
  'vcs-version-stale': {
    go: 'Builds work, but the program reports a wrong version (`go version -m`, `debug.ReadBuildInfo`): the pseudo-version that the commit had when `go list`, `go run`, `go build` or an editor first saw it, before it was tagged. `git describe` shows the tag. While `git status` lists a file, even an untracked one, go appends `+dirty` to either version. This happens only with `GOPROXY=off`: otherwise go asks the repository at each build. Not evaluated: refs stored as a reftable, and more than 500 tags of the commit, or of the module with files of their own; the facet then reports that it was not evaluated.',
    repair:
      'Remove the `.info` file that the finding names: go then asks the repository again. Or build with a GOPROXY other than `off`. In CI, build releases with a separate module cache, or without restoring the `cache/download` of the module itself.',
  },
  'goflags-vendor': {
    go: 'Every command that loads packages fails with `inconsistent vendoring`.',
    repair:
      'Run `go mod vendor` (`go work vendor` in a workspace), or build without the vendor directory by `-mod=readonly`.',
  },
  'gowork-stray': {
    go: 'It uses the go.work in a parent directory and so builds other versions than the same commit elsewhere, or fails because the module is not listed. A go.work of another user, in a directory that many users can write to, has the same effect.',
    repair: 'Set `GOWORK=off`, run `go work use .`, or move the file away.',
  },
  'gomod-invalid': {
    go: 'Every command that loads the module fails at the line that the finding names. An older Go does not know newer directives.',
    repair: 'Correct the line, or use a Go that supports it.',
  },
  'godebug-line': {
    go: 'The package with the line does not build: `invalid //go:debug: removed GODEBUG "tlsrsakex" set to old value "1"`. Other packages build.',
    repair:
      'Remove the line, or change the setting to its new value: this Go no longer has the old behaviour.',
  },
  'gosum-mismatch': {
    go: 'It fails with `missing go.sum entry`, or, if the module cache has other content, with `checksum mismatch` and SECURITY ERROR.',
    repair:
      'For a missing sum run `go mod download` or `go mod tidy`. For a mismatch first restore go.sum from version control: the cache may be wrong.',
  },
  'module-unavailable': {
    go: 'It fails as soon as the package is needed: with `module lookup disabled by GOPROXY=off` and the like, or with `no required module provides package` if no module in go.mod has the package and go.mod may not be changed (`-mod=readonly`, the default since 1.16).',
    repair:
      'Run `go mod download` with network access, or use a module cache that holds the module. For an import that no module provides: restore the missing line of go.mod or the missing go.work, or unset `GOWORK=off`.',
  },
  'file-outside': {
    go: 'It follows the symlink, like any program. If godrift did too, its reports would show content of other files of the host, and a pull request can add such a symlink. Therefore godrift reads only the go and toolchain lines of such a go.mod or go.work, to determine the toolchain. Modules are not evaluated, a version file pins nothing, and `.godrift.yml` and `.godrift.snapshot` are refused.',
    repair:
      'Replace the symlink by the file itself. Symlinks that stay inside the workspace or its repository are followed.',
  },
  'requirement-overridden': {
    go: 'It builds a version other than that in the go.mod of the main module: another requirement demands a newer version, or a go.work or replace overrides it. If that requires a change of go.mod, or go.mod lacks a line that a build needs, every build fails with `updates to go.mod needed`.',
    repair:
      'Run `go get` or `go mod tidy` for an untidy file, `go work sync` in a workspace. An intended replacement needs no repair.',
  },
  'modcache-edited': {
    go: 'It silently builds the edited files of the module cache; go.sum is verified only when a module is downloaded.',
    repair: 'Remove the directory of the module and download it again.',
  },
  'tool-behind': {
    go: 'The tool fails on newer syntax or on the standard library of the newer Go, or gives incomplete results.',
    repair:
      'Rebuild it with the Go of the project, or let `go tool` do so. A Delve that does not support the Go must be replaced by a newer one.',
  },
  'tool-not-pinned-version': {
    go: 'Builds are not affected, but the tool checks, formats or generates differently than on the machines of your colleagues.',
    repair: 'Install the pinned version, or put it first on PATH.',
  },
  'gofmt-mismatch': {
    go: '`go fmt` runs the gofmt of GOROOT, editors and hooks run the one on PATH: they may format differently.',
    repair: 'Put the `bin` directory of the Go in use first on PATH, or run `go fmt`.',
  },
  'ide-environment-differs': {
    go: 'The editor loads packages with another Go, other tags or another platform than the shell, and reports errors that do not occur in builds.',
    repair: 'Start the editor from the environment of the shell, or set the variable in both.',
  },
  'toolchain-edited': {
    go: 'It runs a toolchain whose files differ from the downloaded ones. Its builds may be wrong.',
    repair: 'Remove its directory from the module cache; the next command that needs it extracts it again.',
  },
  'cache-corrupt': {
    go: 'It links the damaged output, or the target of a symlink in its place: `go build` exits 0 and the program is wrong. On a FIFO it waits forever.',
    repair: 'Run `godrift cache repair`, then rebuild everything built since the damage.',
  },
  'cache-rebound': {
    go: 'It uses the output of another action: `go build` exits 0 and the program is wrong. If the output contains objects of another release (GOROOT was switched during a build), linking fails until they are removed.',
    repair: 'Run `godrift cache repair`, then rebuild everything built since then.',
  },
  'cache-foreign-owner': {
    go: 'It cannot replace entries of another user, which `sudo go build` creates: builds fail with `permission denied`, or report that a package does not exist.',
    repair: 'Change the owner of the cache back to the building user.',
  },
  'cache-unwritable': {
    go: 'Builds fail, or recompile everything each time.',
    repair: 'Free disk space, or make GOCACHE a directory that the user can write to.',
  },
  'cache-stale-index': {
    go: 'It reads the imports of the file from an index made before the change, since name, size and modification time are the same.',
    repair: '`touch` the file.',
  },
};
