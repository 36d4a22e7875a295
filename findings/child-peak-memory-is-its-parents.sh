#!/usr/bin/env bash
# The peak memory that a process reports for itself, and that its parent gets for it, is at least the peak of
# the process that started it.
#
# What:      Linux; the Node on PATH (20.19.0, 20.20.2, 22.23.5 and 24.22.3 do the same) and Go 1.27.4 as
#            parents that hold 600 MiB; the child is an idle Node that reads process.resourceUsage().maxRSS,
#            or /bin/true.
# Behaviour: the child's maxRSS is that of its parent, 600 MiB and more, from its first line on and for as
#            long as it lives; its own peak, VmHWM in /proc/self/status, is some 40 MiB. A parent in Go gets
#            the same for /bin/true from ProcessState.SysUsage. At exec the kernel keeps the peak of the
#            memory that the process gives up, which until then was its parent's, copied or shared.
# Expected:  a new program has a new peak: exec discards the old memory.
# Matters:   builds and tests that a runner with a large heap measures all "need" as much as the runner;
#            limits are set accordingly, and a leak in the runner is looked for in the child. A shell that
#            goes on after the command makes the figure small again, so it depends on how the command is
#            written.
# Exit:      0 while it behaves so, 1 when that changed.
set -eu
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
cd "$work"
cat >child.cjs <<'JS'
const peak = /^VmHWM:\s+(\d+)/m.exec(require('node:fs').readFileSync('/proc/self/status', 'utf8'))[1];
console.log(JSON.stringify({ said: process.resourceUsage().maxRSS >> 10, own: peak >> 10 }));
JS
cat >parent.cjs <<'JS'
const { execFileSync } = require('node:child_process');
const ask = () => JSON.parse(execFileSync(process.execPath, ['child.cjs']));
const askByShell = () => JSON.parse(execFileSync('/bin/sh', ['-c', '"$0" child.cjs; :', process.execPath]));
const before = ask();
const held = Buffer.alloc(600 << 20, 1);
const after = ask();
const shell = askByShell();
console.log(
  `${process.version}: a child reports ${before.said} MiB (own peak ${before.own}); when the parent holds ${held.length >> 20} MiB, ${after.said} MiB (own peak ${after.own}); below a shell ${shell.said} MiB`,
);
process.exit(before.said < 200 && after.said >= 600 && after.own < 200 && shell.said < 200 ? 0 : 1);
JS
mkdir parent
printf 'module parent\n\ngo 1.24\n' >parent/go.mod
cat >parent/main.go <<'GO'
package main

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
)

func ask() int64 {
	child := exec.Command("/bin/true")
	if err := child.Run(); err != nil {
		panic(err)
	}
	return child.ProcessState.SysUsage().(*syscall.Rusage).Maxrss >> 10
}

func main() {
	before := ask()
	held := make([]byte, 600<<20)
	for i := range held {
		held[i] = 1
	}
	after := ask()
	fmt.Printf("a parent in Go gets %d MiB for /bin/true; when it holds %d MiB, %d MiB\n", before, len(held)>>20, after)
	if before >= 200 || after < 600 {
		os.Exit(1)
	}
}
GO
changed=0
node parent.cjs || changed=1
(cd parent && GOTOOLCHAIN=go1.27.4 GOFLAGS= GOWORK=off CGO_ENABLED=0 go build -buildvcs=false -o ../holds .)
./holds || changed=1
[ "$changed" = 0 ] || { echo 'CHANGED: a child has its own peak'; exit 1; }
echo 'as stated: a child inherits the peak of its parent'
