#!/bin/sh
# Starts godrift with the Node beside it, also through a link to this file.
self=$0
while [ -L "$self" ]; do
  link=$(readlink "$self")
  case $link in /*) self=$link ;; *) self=${self%/*}/$link ;; esac
done
home=${self%/*}/../lib
exec "$home/node" "$home/package/dist/godrift.js" "$@"
