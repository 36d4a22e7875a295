#!/bin/sh
# sh image-root.sh DEST NODE: creates the root file system of the image's last stage: Node, env and the libraries that they load, without a
# shell or a package manager. Run by the Dockerfile and by test/e2e/image.test.ts.
set -eu
dest=$1 node=$2
install -D -m 0755 "$node" "$dest/usr/local/bin/node"
# The first line of `godrift` starts node through env.
env=$(command -v env)
install -D -m 0755 "$env" "$dest/usr/bin/env"
for program in "$node" "$env"; do ldd "$program"; done | awk '$2 == "=>" { print $3 } $1 ~ /^\// { print $1 }' | while read -r library; do
  install -D -m 0755 "$(readlink -f "$library")" "$dest$library"
done
# The licenses of these libraries must be distributed with them.
for package in libc6 libstdc++6 libgcc-s1; do
  file=/usr/share/doc/$package/copyright
  [ ! -f "$file" ] || install -D -m 0644 "$file" "$dest$file"
done
mkdir -p "$dest/etc" "$dest/proc"
# For programs that look up their user; the image runs under any other uid as well.
echo 'godrift:x:65532:65532:godrift:/nonexistent:/sbin/nologin' >"$dest/etc/passwd"
echo 'godrift:x:65532:' >"$dest/etc/group"
echo 'hosts: files dns' >"$dest/etc/nsswitch.conf"
install -d -m 1777 "$dest/tmp"
# A new volume takes over the owner of the directory that it is mounted on.
install -d -m 0700 -o 65532 -g 65532 "$dest/var/lib/godrift"
mkdir -p "$dest/app"
ln -s /app/dist/godrift.js "$dest/usr/local/bin/godrift"
