#!/usr/bin/env bash
# After `go env -w GOBIN=…` pre-commit runs the Go hook of the repository that installed last, whatever
# revision is pinned, or finds no hook at all.
#
# What:      pre-commit 4.2.0 (Debian 13; 4.7.0 does the same), a hook with `language: golang` at two
#            revisions, a repository that pins the first and one that pins the second; Go 1.27.4.
# Behaviour: pre-commit gives each revision a separate GOPATH, and removes GOBIN from the environment in which
#            it calls `go install`. A GOBIN in go's settings file is still there: go installs into that. With
#            it on PATH, as it usually is, the hook of the last installation runs in every repository, and
#            passes; without it the hook is "Executable … not found". With the same GOBIN exported instead,
#            each repository runs what it pins.
# Expected:  pre-commit installs each revision into its own directory. It knows of GOBIN and removes it, so
#            GOBIN has no effect wherever it is set.
# Matters:   a repository that moves its pin silently moves it for all others of the same user. If GOMODCACHE
#            is set too, it ends with an unexpected FileNotFoundError instead: the folder of the revision was
#            never created.
# Exit:      0 while it behaves so, 1 when that changed.
set -eu
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
cd "$work"
# Debian's packages are unpacked, not installed: from the mirror of this host, with separate package lists.
keys=/usr/share/keyrings/debian-archive-keyring.gpg
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' | head -n 1)
mkdir -p apt/lists/partial apt/archives/partial debian home
: >apt/status
echo "deb [signed-by=$keys] $mirror trixie main" >apt/sources.list
from_debian() {
  apt-get -qq -o Dir::Etc::sourcelist="$work/apt/sources.list" -o Dir::Etc::sourceparts=/dev/null -o Dir::State="$work/apt" -o Dir::State::status="$work/apt/status" \
    -o Dir::Cache="$work/apt" -o APT::Sandbox::User="$(id -un)" "$@"
}
from_debian update
from_debian download pre-commit=4.2.0-2 python3-cfgv python3-identify python3-yaml
for package in *.deb; do dpkg -x "$package" debian; done
# The toolchain goes into the user's module cache like any other; everything else is below the temporary folder.
root=$(cd / && GOTOOLCHAIN=go1.27.4 go env GOROOT)
clean() { # VARIABLE=VALUE… COMMAND…
  env -i HOME="$work/home" PATH="$root/bin:$work/home/bin:/usr/bin:/bin" GOTOOLCHAIN=local GOPROXY=off GIT_CONFIG_GLOBAL=/dev/null \
    GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.com GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.com "$@"
}
mkdir hook
printf 'module example.com/hook\n\ngo 1.21\n' >hook/go.mod
printf -- '- {id: hello, name: hello, entry: hook, language: golang, always_run: true, pass_filenames: false}\n' >hook/.pre-commit-hooks.yaml
clean git -C hook init -q
for revision in v1.0.0 v2.0.0; do
  printf 'package main\n\nfunc main() { println("the hook of %s") }\n' "$revision" >hook/main.go
  clean git -C hook add .
  clean git -C hook commit -qm "$revision"
  clean git -C hook tag "$revision"
  clean git init -q "pins-$revision"
  printf 'repos: [{repo: "%s/hook", rev: %s, hooks: [{id: hello}]}]\n' "$work" "$revision" >"pins-$revision/.pre-commit-config.yaml"
  clean git -C "pins-$revision" add .
  clean git -C "pins-$revision" commit -qm pin
done
runs() { # REVISION VARIABLE=VALUE…: prints the output of the hook in the repository that pins REVISION
  repository=pins-$1
  shift
  # -S keeps Python to the unpacked packages.
  (cd "$repository" && clean "$@" PYTHONPATH="$work/debian/usr/lib/python3/dist-packages" python3 -S -m pre_commit run --verbose 2>&1) | grep -oE 'the hook of v[12]|Executable .* not found' || echo nothing
}
three() { # VARIABLE=VALUE…
  first=$(runs v1.0.0 "$@")
  second=$(runs v2.0.0 "$@")
  again=$(runs v1.0.0 "$@")
  echo "$first, $second, $again"
}
exported=$(three PRE_COMMIT_HOME="$work/one" GOBIN="$work/home/bin")
echo "GOBIN exported; the pins v1, v2, v1 run: $exported"
clean go env -w GOBIN="$work/home/bin"
written=$(three PRE_COMMIT_HOME="$work/two")
echo "GOBIN by go env -w; the pins v1, v2, v1 run: $written"
absent=$(runs v1.0.0 PRE_COMMIT_HOME="$work/three" PATH="$root/bin:/usr/bin:/bin")
echo "the same, without GOBIN on PATH: $absent"
[ "$exported" = 'the hook of v1, the hook of v2, the hook of v1' ] || { echo 'CHANGED: with an exported GOBIN another hook runs'; exit 1; }
[ "$written" = 'the hook of v1, the hook of v2, the hook of v2' ] || { echo 'CHANGED: with a written GOBIN each repository runs another hook than before'; exit 1; }
[ "$absent" = 'Executable `hook` not found' ] || { echo 'CHANGED: the hook is found without GOBIN on PATH'; exit 1; }
echo 'as stated: one hook for all revisions, the one installed last'
