/**
 * What docs/conflicts.md tells of each rule beyond its row: what go does when it holds, and what heals it. The findings say the same with the
 * names and versions of the place; `test/scenarios/` proves both on real toolchains.
 */
import type { ConflictRule } from './rules.ts';

/** Two short paragraphs about a rule. */
export interface RulePage {
  readonly go: string;
  readonly repair: string;
}

export const rulePages: Readonly<Record<ConflictRule, RulePage>> = {
  'go-missing': {
    go: 'The shell finds no `go`, or what it finds is another program. Nothing is built.',
    repair:
      'Put the `bin` directory of a Go on PATH; the finding names one that is installed. Where the configuration names the go of the target, that line is corrected.',
  },
  'toolchain-too-old': {
    go: 'Refuses to load the module: `go.mod requires go >= 1.27 (running go 1.26; GOTOOLCHAIN=local)`.',
    repair:
      'A newer Go first on PATH. Where GOTOOLCHAIN names an old one, in the environment or in a line that `go env -w` left, that setting is what has to go.',
  },
  'toolchain-held-back': {
    go: 'Starts the toolchain that GOTOOLCHAIN names, so that the Go that was installed since then never builds.',
    repair: 'Unset GOTOOLCHAIN, or remove its line from the GOENV file. Nothing, if that is meant.',
  },
  'toolchain-not-installed': {
    go: 'Every go command in the workspace wants a toolchain that is neither on PATH nor in the module cache, and may not or cannot fetch it.',
    repair:
      'Install that version, or take back the setting or line that asks for it. A toolchain name that does not exist is corrected where it stands.',
  },
  'toolchain-download-pending': {
    go: 'The next command downloads a toolchain into the module cache, and from then on builds with it.',
    repair: 'Nothing, if that is meant. Else a matching Go first on PATH, or `GOTOOLCHAIN=local`.',
  },
  'sumdb-blocks-switch': {
    go: 'Verifies a toolchain against the checksum database even where GONOSUMDB and GOPRIVATE would except it; with the database off it refuses the switch.',
    repair: 'The wanted Go first on PATH, or GOSUMDB as Go sets it.',
  },
  'toolchain-partial': {
    go: 'Builds fail for lack of a compiler or of standard packages, or mix object files of two versions: a tree was cut off, or unpacked over another.',
    repair: 'Remove the directory and unpack the toolchain into an empty one.',
  },
  'goroot-mismatch': {
    go: 'Runs the compiler of the tree that GOROOT names: `compile: version "go1.26.0" does not match go tool version "go1.27.4"`, or finds none there.',
    repair: 'Unset GOROOT: go finds its own tree by itself.',
  },
  'goroot-mixed': {
    go: 'Compiler, linker or assembler are of another release than go itself. Builds fail, or link what does not belong together.',
    repair: 'Remove the tree and unpack one version into an empty directory.',
  },
  'goroot-not-sdk': {
    go: 'Finds no standard library or no compiler: `package fmt is not in std`, `cannot find GOROOT directory`.',
    repair: 'Unset GOROOT, unpack the toolchain again, or link to `bin/go` in place of a copy of it.',
  },
  'goroot-label': {
    go: 'Ignores `$GOROOT/VERSION` and goes by what is compiled in; scripts, images and other tools believe the file.',
    repair: 'Write the version of the binary into the file, or unpack the toolchain again.',
  },
  'go-shadowed': {
    go: 'The first `go` on PATH answers, and a newer one behind it never does.',
    repair: 'Order PATH, or take the unused one off it.',
  },
  'path-relative': {
    go: 'A shell looks for `go` in such an entry from where it stands, an empty one being the current directory: each folder may bring a `go` of its own. Go itself refuses what it finds there (`cannot run executable found relative to current directory`), so a C compiler or `git` in it stops builds.',
    repair:
      'Take the entry off PATH, or write it as an absolute path; an empty one comes from a colon too many.',
  },
  'go-not-run': {
    go: 'Builds with it as with any other. But whoever can write there can make it another program, and godrift would run that with the rights of its user: `go env` and `go list` are not asked, `godrift_env_disagreements` is absent, and the build list is read from the files.',
    repair:
      'A Go that belongs to root or to the building user, in directories that nobody else can write, outside of the workspace and its repository.',
  },
  'goenv-invalid': {
    go: 'Fails with the same words on every command, `go env -u` often among them, because of a line that `go env -w` or an editor left behind.',
    repair: 'Take the line out of the file.',
  },
  'env-invalid': {
    go: 'Fails on every command, or on those that need the variable, with the words that the finding quotes.',
    repair: 'Unset the variable where it is exported, or correct it.',
  },
  'goenv-ignored': {
    go: 'Says nothing: it skips names that it does not know, lets the process environment win, and goes on without a file that it cannot read.',
    repair: 'Remove the line, or set the variable where go reads it.',
  },
  'env-ignored': {
    go: 'Takes CGO_ENABLED for unset unless it is 0 or 1, so that `false` leaves cgo on.',
    repair: 'Set it to 0 or 1, or unset it.',
  },
  'packages-driver': {
    go: 'Builds as ever. But gopls, golangci-lint, stringer and whatever else loads packages by golang.org/x/tools/go/packages asks the program instead of `go list`: what it does not know is missing there, and where it fails they fail.',
    repair:
      'GOPACKAGESDRIVER=off in the environment of the tools, or the program off PATH. Where it is meant, GOPACKAGESDRIVER may name it, so that everybody sees it.',
  },
  'goexperiment-invalid': {
    go: 'Fails on every command with `unknown GOEXPERIMENT`: experiments come and go with each release.',
    repair: 'Unset it, or take the name out of it that became the language.',
  },
  'goos-goarch-unsupported': {
    go: 'Fails with `unsupported GOOS/GOARCH pair`, on builds at the latest.',
    repair: 'Unset what a script for another platform left behind, or take a Go that builds for the pair.',
  },
  'goarch-level-invalid': {
    go: 'Refuses the level with `invalid GOAMD64` and the like, or takes it without a word and compiles for the lowest level.',
    repair: 'Unset it, or write a level of that architecture.',
  },
  'godebug-removed': {
    go: 'go, a tool or a program that was built by it stops at its start with `removed GODEBUG`, from 1.27 on; older ones pass over the setting.',
    repair: 'Take the setting out of GODEBUG; what it asked for exists no more.',
  },
  'goflags-rewrites-gomod': {
    go: 'Even `go list` and `go vet` may write go.mod and go.sum, and with them the versions that colleagues build.',
    repair: 'Take `-mod=mod` out of GOFLAGS, and give it to the command that needs it.',
  },
  'goflags-unknown': {
    go: 'Fails on every command that takes build flags, with the words that the finding quotes.',
    repair: 'Take the flag out of GOFLAGS.',
  },
  'goflags-file-missing': {
    go: 'Every build fails: the file that `-overlay`, `-modfile` or `-pgo` names is not there, or the program of `-toolexec` or `-compiler=gccgo`. An overlay stops builds too where it is no JSON, or names a source of the workspace and a file that is gone.',
    repair: 'Take the flag out of GOFLAGS, or bring the file back.',
  },
  'modules-off': {
    go: 'Ignores go.mod: with GO111MODULE=off it looks for every import below GOPATH, and where go.mod lies directly in the directory for temporary files (TMPDIR) it finds no module at all.',
    repair: 'Unset GO111MODULE; move the module into a directory of its own, or name another TMPDIR.',
  },
  'gopath-is-goroot': {
    go: 'Warns and unpacks modules among the files of the toolchain, or refuses a relative GOPATH.',
    repair: 'Another GOPATH, or the toolchain elsewhere.',
  },
  'sumdb-disabled': {
    go: 'Accepts whatever a proxy sends for a module that go.sum does not list yet.',
    repair: 'GOSUMDB as Go sets it; GOPRIVATE and GONOSUMDB for your own paths only.',
  },
  'gotmpdir-missing': {
    go: 'Builds fail with `creating work dir`.',
    repair: 'Make the directory, or unset the variable.',
  },
  'gotmpdir-noexec': {
    go: '`go test` fails with `fork/exec …: permission denied`, as it starts each test where it built it, and so does `go run`. `go build` works. Hardened hosts mount /tmp like that.',
    repair: 'Name a directory of another file system in GOTMPDIR, with `go env -w` for all of a user.',
  },
  'cgo-no-compiler': {
    go: 'Packages with cgo fail to build, and with -race, -msan or -asan every program; without a compiler on PATH and CGO_ENABLED unset, go leaves them out instead.',
    repair: 'Install the compiler, point CC to one for the platform, or set `CGO_ENABLED=0`.',
  },
  'gobin-cross': {
    go: '`go install` fails with `cannot install cross-compiled binaries when GOBIN is set`; `go run` and `go test` cannot start what they built. `go build` works.',
    repair: 'Unset GOARCH or GOOS where builds are for this machine, or GOBIN where they are not.',
  },
  'vcs-stamping': {
    go: '`go build` and `go install` of a program fail with `error obtaining VCS status: exit status 128`, often in a container or on a mounted directory, or with `multiple VCS detected`. Without git on PATH go leaves the stamp out, unless `-buildvcs=true` is given.',
    repair:
      '`git config --global --add safe.directory DIR` where the owner of the directory is trusted (git runs what the configuration of the repository names), or `GOFLAGS=-buildvcs=false`.',
  },
  'vcs-version-stale': {
    go: 'Builds as ever, and the program calls itself by the wrong version (`go version -m`, `debug.ReadBuildInfo`): the one that the commit had when `go list`, `go run`, `go build` or an editor looked at it first, before it was tagged. `git describe` says the tag. While `git status` names a file, an untracked one included, go puts `+dirty` behind whichever version it is. Only `GOPROXY=off` makes it so: with any other setting go asks the repository at each build. Not looked at: refs that are kept as a reftable, and more than 500 tags of the commit, or of the module with files of their own; where there are too many, the facet says so (not evaluated).',
    repair:
      'Remove the `.info` file that the finding names; go asks the repository once more. Or build with another GOPROXY than `off`. In CI build releases with a module cache of their own, or without a restored `cache/download` of the own module.',
  },
  'goflags-vendor': {
    go: 'Every command that loads packages fails with `inconsistent vendoring`.',
    repair:
      '`go mod vendor` (`go work vendor` in a workspace), or build without the directory with `-mod=readonly`.',
  },
  'gowork-stray': {
    go: 'Builds the workspace of a go.work that somebody left above, and so other versions than the same commit elsewhere; or fails, as the module is not in it. A go.work of another user, in a directory that many may write to, decides as any other.',
    repair: '`GOWORK=off`, `go work use .`, or the file out of the way.',
  },
  'gomod-invalid': {
    go: 'Every command that loads the module fails at the line that the finding names. An older Go does not know newer directives.',
    repair: 'Correct the line, or take a Go that knows it.',
  },
  'godebug-line': {
    go: 'Does not build the package that has the line: `invalid //go:debug: removed GODEBUG "tlsrsakex" set to old value "1"`. Other packages build.',
    repair: 'Take the line out, or give the setting its new value: what it kept alive is gone from this Go.',
  },
  'gosum-mismatch': {
    go: 'Fails with `missing go.sum entry`, or with `checksum mismatch` and SECURITY ERROR where the module cache holds something else.',
    repair:
      '`go mod download` or `go mod tidy` for what is missing. For what contradicts, first restore go.sum from version control: it may be the cache that is wrong.',
  },
  'module-unavailable': {
    go: 'Fails with `module lookup disabled by GOPROXY=off` and the like, as soon as the package is needed; with `no required module provides package` where go.mod names no module that has it and may not be written (`-mod=readonly`, what go does by itself since 1.16).',
    repair:
      '`go mod download` where there is a network, or a module cache that holds it. For an import that nothing provides: the lost line of go.mod, the lost go.work, or no `GOWORK=off`.',
  },
  'file-outside': {
    go: 'Follows the link, like any program. godrift would show words of a file of the host to whoever reads its report, and a pull request can bring such a link: it reads the go and toolchain lines of a go.mod or go.work, so that the toolchain is known, and nothing else. The modules are not evaluated, a version file pins nothing; `.godrift.yml` and `.godrift.snapshot` are refused.',
    repair:
      'The file itself in the place of the link. Links that stay inside of the workspace or its repository are followed.',
  },
  'requirement-overridden': {
    go: 'Builds another version than go.mod of the main module says: another requirement asks for more, a go.work or a replace takes its place. Where go.mod itself would have to be written for that, or lost a line that a build needs, every build fails with `updates to go.mod needed`.',
    repair:
      '`go get` or `go mod tidy` for an untidy file, `go work sync` in a workspace. A replacement that is meant needs nothing.',
  },
  'modcache-edited': {
    go: 'Builds what was edited in the module cache, without a word; go.sum is compared at the download only.',
    repair: 'Remove the folder of the module and download it again.',
  },
  'tool-behind': {
    go: 'The tool stops at newer syntax or at the standard library of the newer Go, or analyses what it half understands.',
    repair:
      'Build it again with the Go of the project, or let `go tool` do so. A Delve that says by itself up to which Go it works has to be a newer one.',
  },
  'tool-not-pinned-version': {
    go: 'Does not care; the tool judges, formats or generates otherwise than at your colleagues.',
    repair: 'Install the pinned version, or put it first on PATH.',
  },
  'gofmt-mismatch': {
    go: '`go fmt` takes the gofmt of GOROOT, editors and hooks take that of PATH: they may format differently.',
    repair: 'Put the `bin` directory of the Go in use first, or run `go fmt`.',
  },
  'ide-environment-differs': {
    go: 'The editor loads packages with another Go, other tags or another platform than the shell, and reports errors that no build has.',
    repair: 'Start the editor from an environment like that of the shell, or set the variable in both.',
  },
  'toolchain-edited': {
    go: 'Runs a toolchain whose files are not those that were downloaded. What it builds may be wrong.',
    repair: 'Remove its folder in the module cache; the next command that needs it unpacks it again.',
  },
  'cache-corrupt': {
    go: 'Links the damaged output, or what a link in its place leads to: `go build` exits 0 and the program is wrong. At a FIFO it waits for ever.',
    repair: '`godrift cache repair`, then build again what was built since the damage.',
  },
  'cache-rebound': {
    go: 'Takes the output of another action for its own: `go build` exits 0 and the program is wrong. Objects of another release in it (GOROOT was swapped during a build) stop the linker until they are gone.',
    repair: '`godrift cache repair`, then build again what was built since.',
  },
  'cache-foreign-owner': {
    go: 'Cannot replace entries of another user, as `sudo go build` leaves them: `permission denied`, or a package that is said not to exist.',
    repair: 'Give the cache back to the user who builds.',
  },
  'cache-unwritable': {
    go: 'Builds fail, or compile everything again each time.',
    repair: 'Make room, or make GOCACHE a directory that the user may write.',
  },
  'cache-stale-index': {
    go: 'Reads the imports of a file from an index that it made before the change, since name, size and modification time are the same.',
    repair: '`touch` the file.',
  },
};
