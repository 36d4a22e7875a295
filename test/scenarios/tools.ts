/** Tools for scenarios: made by hand, installed by `go install` from a proxy of files. */
import { join } from 'node:path';
import { type HandMade, sumLines, writeProxy } from '../lab/module-proxy.ts';
import type { GoVersion } from './scenario.ts';
import { bin, type Site } from './site.ts';

/** Prints its version. */
const prints = (version: string) =>
  `package main\n\nimport "fmt"\n\nfunc main() { fmt.Println(${JSON.stringify(version)}) }\n`;

/** Type-checks app.go as the go line of go.mod asks, like everything that is built on go/types. */
const checksTypes = `package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"strings"
)

func main() {
	mod, _ := os.ReadFile("go.mod")
	_, after, _ := strings.Cut(string(mod), "\\ngo ")
	version, _, _ := strings.Cut(after, "\\n")
	files := token.NewFileSet()
	file, _ := parser.ParseFile(files, "app.go", nil, 0)
	conf := types.Config{GoVersion: "go" + version}
	if _, err := conf.Check("app", files, []*ast.File{file}, nil); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}
`;

/** A program whose main package is its module's root. */
export const toolModule = (path: string, version: string, source = prints(version)): HandMade => ({
  path,
  version,
  files: { 'main.go': source },
});

/** A gopls as far as this corpus needs one. */
export const gopls = toolModule('golang.org/x/tools/gopls', 'v0.14.2', checksTypes);

/** `gen` in two versions, and a go.mod with a tool line that takes one of them. */
export const gens = [
  toolModule('example.com/gen', 'v1.0.0'),
  toolModule('example.com/gen', 'v1.1.0'),
] as const;
export const genSums = sumLines(gens);
export const goModWithGen = (version: string) =>
  `module example.com/app\n\ngo 1.24\n\ntool example.com/gen\n\nrequire example.com/gen ${version}\n`;

/** From now on go takes modules from a proxy of files, as from any private one. */
export function offer(site: Site, modules: readonly HandMade[]): void {
  const proxy = join(site.home, 'proxy');
  writeProxy(proxy, modules);
  site.env.GOPROXY = `file://${proxy}`;
  site.env.GONOSUMDB = modules.map((one) => one.path).join(',');
}

/** `go install` by a given Go, into GOPATH/bin unless told. */
export async function install(site: Site, by: GoVersion, module: HandMade, gobin = ''): Promise<void> {
  const to = gobin === '' ? '' : `GOBIN=${gobin}`;
  const line = `${to} GOFLAGS=-modcacherw GOTOOLCHAIN=local ${join(bin(by), 'go')} install ${module.path}@${module.version}`;
  const { text, exitCode } = await site.shell(line);
  if (exitCode !== 0) throw new Error(text);
}
