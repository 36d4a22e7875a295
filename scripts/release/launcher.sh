#!/bin/sh
# Starts godrift with the Node beside it, also when called through a symlink.
self=$0
while [ -L "$self" ]; do
  link=$(readlink "$self")
  case $link in /*) self=$link ;; *) self=${self%/*}/$link ;; esac
done
home=${self%/*}/../lib
exec "$home/node" "$home/package/dist/godrift.js" "$@"
