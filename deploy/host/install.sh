#!/bin/sh
# Installs godrift with its own Node from a release's tarball, for one user or for all, and takes it away again. Linux; needs tar, gzip, sha256sum.
#
#   sh install.sh [--prefix DIR] [--sums SHA256SUMS] [godrift-VERSION-linux-ARCH.tar.gz]
#   sh install.sh --uninstall [--purge] [--prefix DIR]
#
# DIR is ~/.local, or /usr/local for root. It gets lib/godrift, and links to it in bin and share. The digest must stand in SHA256SUMS, which is
# looked for beside the tarball. What is there already and is not godrift's is never replaced. --purge takes this user's records too.
set -eu
umask 022

fail() {
  printf 'install.sh: %s\n' "$1" >&2
  exit 2
}

# The links that an installation makes, and where each leads, from the folder of the link.
links='bin/godrift ../lib/godrift/bin/godrift
share/man/man1/godrift.1 ../../../lib/godrift/share/man/man1/godrift.1
share/bash-completion/completions/godrift ../../../lib/godrift/share/bash-completion/completions/godrift
share/zsh/site-functions/_godrift ../../../lib/godrift/share/zsh/site-functions/_godrift
share/fish/vendor_completions.d/godrift.fish ../../../lib/godrift/share/fish/vendor_completions.d/godrift.fish'

prefix='' sums='' tarball='' action=install purge=no
while [ $# -gt 0 ]; do
  case $1 in
    --prefix | --sums)
      [ $# -gt 1 ] || fail "$1 needs a value"
      if [ "$1" = --prefix ]; then prefix=$2; else sums=$2; fi
      shift
      ;;
    --prefix=*) prefix=${1#*=} ;;
    --sums=*) sums=${1#*=} ;;
    --uninstall) action=uninstall ;;
    --purge) purge=yes ;;
    -h | --help) sed -n '2,8s/^# \{0,1\}//p' "$0" && exit 0 ;;
    -*) fail "unknown option $1; see --help" ;;
    *)
      [ -z "$tarball" ] || fail 'more than one tarball; name one'
      tarball=$1
      ;;
  esac
  shift
done
[ -n "$prefix" ] || if [ "$(id -u)" = 0 ]; then prefix=/usr/local; else prefix=${HOME:?HOME is not set; use --prefix}/.local; fi
case $prefix in /*) ;; *) prefix=$(pwd)/$prefix ;; esac
tree=$prefix/lib/godrift
# Made by an installation: the folders that were not there before it.
made=$tree/.installed

# A link of ours, or nothing at all.
is_free() {
  [ "$(readlink "$prefix/$1" 2>/dev/null || :)" = "$2" ] || { [ ! -e "$prefix/$1" ] && [ ! -L "$prefix/$1" ]; }
}

# Of the folders on standard input, the deepest first; one that others use meanwhile stays.
remove_folders() {
  sort -r | while IFS= read -r folder; do
    [ -z "$folder" ] || rmdir "$folder" 2>/dev/null || :
  done
}

uninstall() {
  [ -f "$made" ] || fail "there is no godrift of a tarball in $prefix; name where it is with --prefix"
  printf '%s\n' "$links" | while read -r name target; do
    if [ -L "$prefix/$name" ] && is_free "$name" "$target"; then rm -f "$prefix/$name"; fi
  done
  folders=$(cat "$made")
  rm -rf "$tree"
  printf '%s\n' "$folders" | remove_folders
  state=${XDG_STATE_HOME:-${HOME:-/nonexistent}/.local/state}/godrift
  if [ -f "$state/godrift-state" ]; then
    if [ "$purge" = yes ]; then
      rm -rf "$state"
    else
      printf 'what godrift recorded stays in %s (--purge removes it)\n' "$state"
    fi
  fi
  printf 'removed godrift from %s\n' "$prefix"
}

# Makes a folder and those above it, and notes each that was not there.
make_folder() {
  [ -d "$1" ] && return 0
  make_folder "$(dirname "$1")" "$2"
  mkdir "$1" 2>/dev/null || fail "cannot make $1; use --prefix"
  printf '%s\n' "$1" >>"$2"
}

# Sets version, arch and name from the tarball; refuses another one than of a release for this machine.
examine() {
  [ "$(uname -s)" = Linux ] || fail "this tarball is for Linux, not for $(uname -s); use npm"
  case $(uname -m) in
    x86_64 | amd64) arch=x64 ;;
    aarch64 | arm64) arch=arm64 ;;
    *) fail "there is no tarball for $(uname -m); use npm with a Node of your own" ;;
  esac
  for program in tar gzip sha256sum; do
    command -v "$program" >/dev/null || fail "$program is not here; install it first"
  done
  if [ -z "$tarball" ]; then
    here=$(dirname "$0")
    set -- "$here"/godrift-*-linux-$arch.tar.gz
    { [ $# = 1 ] && [ -f "$1" ]; } || fail "there is not one godrift-VERSION-linux-$arch.tar.gz in $here; name it"
    tarball=$1
  fi
  [ -f "$tarball" ] || fail "there is no $tarball"
  name=$(basename "$tarball")
  case $name in
    godrift-[0-9]*-linux-$arch.tar.gz) ;;
    *) fail "$name is no godrift-VERSION-linux-$arch.tar.gz: not for this machine" ;;
  esac
  [ -n "$sums" ] || sums=$(dirname "$tarball")/SHA256SUMS
  [ -f "$sums" ] || fail "there is no $sums to verify $name with; name it with --sums"
}

# Puts the verified tree of the tarball into $scratch/new.
unpack() {
  # What is verified is what is unpacked, whatever happens to the file meanwhile.
  cp "$tarball" "$scratch/$name"
  wanted=$(awk -v name="$name" '$2 == name || $2 == "*" name { print $1 }' "$sums")
  [ -n "$wanted" ] || fail "$sums does not name $name"
  found=$(sha256sum "$scratch/$name" | cut -d ' ' -f 1)
  [ "$wanted" = "$found" ] || fail "$name is damaged or not what was released: its SHA-256 is $found, and $sums says $wanted"
  top=${name%.tar.gz}
  tar -tzf "$scratch/$name" >"$scratch/names" || fail "$name cannot be read"
  if grep -qv "^$top/" "$scratch/names" || grep -qE '(^|/)\.\.(/|$)' "$scratch/names"; then
    fail "$name holds names that do not belong to it"
  fi
  mkdir "$scratch/out"
  tar -xzf "$scratch/$name" -C "$scratch/out" --no-same-owner
  mv "$scratch/out/$top" "$scratch/new"
  rm -rf "$scratch/${name:?}" "$scratch/out" "$scratch/names"
}

# Has V8 keep what it compiles of a check, which halves what the next one costs; an installation without it works as well.
warm() {
  mkdir "$scratch/home"
  (cd "$scratch/home" && env -i HOME="$scratch/home" PATH=/usr/bin:/bin "$tree/lib/node" "$tree/lib/code-cache.cjs" "$tree/lib/package/dist/godrift.js") \
    >/dev/null 2>&1 || :
}

# Whatever happens, nothing of the work stays, nor a folder that was made for an installation that did not come about.
clean() {
  rm -rf "${scratch:-}"
  [ -f "$made" ] || remove_folders <"$notes"
  rm -f "$notes"
}

install() {
  examine
  if [ -e "$tree" ] && [ ! -f "$made" ]; then fail "$tree is there and no installation of this script; move it away or use --prefix"; fi
  printf '%s\n' "$links" | while read -r link target; do
    is_free "$link" "$target" || fail "$prefix/$link is there and not of this script; move it away or use --prefix"
  done || exit 2
  notes=$(mktemp "${TMPDIR:-/tmp}/godrift-notes.XXXXXX")
  trap clean EXIT
  trap 'exit 2' HUP INT TERM
  [ ! -f "$made" ] || cat "$made" >"$notes"
  make_folder "$prefix/lib" "$notes"
  scratch=$(mktemp -d "$prefix/lib/.godrift.XXXXXX")
  unpack
  printf '%s\n' "$links" | while read -r link target; do make_folder "$(dirname "$prefix/$link")" "$notes"; done || exit 2
  cp "$notes" "$scratch/new/.installed"
  chmod 755 "$scratch/new"
  [ ! -e "$tree" ] || mv "$tree" "$scratch/old"
  mv "$scratch/new" "$tree"
  printf '%s\n' "$links" | while read -r link target; do
    ln -sf "$target" "$prefix/$link"
  done
  warm
  "$prefix/bin/godrift" version >"$scratch/said" 2>&1 || fail "godrift does not run here: $(cat "$scratch/said")"
  printf 'installed %s in %s\n' "$(head -n 1 "$scratch/said")" "$prefix"
  case :${PATH:-}: in
    *":$prefix/bin:"*) ;;
    *) printf 'add it to PATH: export PATH="%s/bin:$PATH"\n' "$prefix" ;;
  esac
}

$action
