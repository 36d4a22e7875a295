/** Modules for scenarios: two that depend on each other, in two versions, from a proxy of files. */
import { join } from 'node:path';
import { type HandMade, sumLines, writeProxy } from '../lab/module-proxy.ts';
import { put, type Site } from './site.ts';

/** A module that is made by hand, with one package of its name. */
export const dep = (name: string, version = 'v1.0.0', requires: readonly string[] = []): HandMade => ({
  path: `example.com/${name}`,
  version,
  requires,
});

const importsB = { 'a.go': 'package a\n\nimport "example.com/b"\n\nconst V = b.V\n' };

/** `a` needs `b`; both in two versions. */
export const depModules: readonly HandMade[] = [
  { ...dep('a', 'v1.0.0', ['example.com/b v1.0.0']), files: importsB },
  { ...dep('a', 'v1.1.0', ['example.com/b v1.1.0']), files: importsB },
  dep('b'),
  dep('b', 'v1.0.1'),
  dep('b', 'v1.1.0'),
];

/** A go.mod with these lines after its go line. */
export const requiring = (...lines: readonly string[]) =>
  ['module example.com/app', '', 'go 1.21', '', ...lines, ''].join('\n');

export const requiresBoth = ['require example.com/a v1.0.0', 'require example.com/b v1.0.0 // indirect'];

/** A workspace that needs `a`, and by it `b`. */
export const appOfModules = {
  'go.mod': requiring(...requiresBoth),
  'go.sum': sumLines(depModules),
  'app.go': 'package app\n\nimport "example.com/a"\n\nconst V = a.V\n',
};

/** The same as a program that tells which `b` it was built with. */
export const programOfModules = {
  ...appOfModules,
  'app.go': 'package main\n\nimport "example.com/a"\n\nfunc main() { println(a.V) }\n',
};

/** A module that imports its neighbour without a requirement, as go.work lets it. */
export const appOfNeighbour = {
  'go.mod': requiring(),
  'app.go': 'package app\n\nimport _ "example.com/lib/x"\n',
};

/** The go.work beside it. */
export const neighbourWork = 'go 1.21\n\nuse (\n\t./app\n\t./lib\n)\n';

/** The neighbour and the go.work, above the workspace. */
export function putNeighbour(site: Site): void {
  put(join(site.home, 'src/lib/go.mod'), 'module example.com/lib\n\ngo 1.21\n');
  put(join(site.home, 'src/lib/x/x.go'), 'package x\n');
  put(join(site.home, 'src/go.work'), neighbourWork);
}

/** Everything downloaded from a proxy of files, by the go on PATH or another one; afterwards there is none. */
export async function download(
  site: Site,
  modules: readonly HandMade[] = depModules,
  go = 'go',
): Promise<void> {
  const proxy = join(site.home, 'proxy');
  writeProxy(proxy, modules);
  const settings = `GOPROXY=file://${proxy} GOSUMDB=off GOFLAGS=-modcacherw GOWORK=off`;
  const names = modules.map((one) => `${one.path}@${one.version}`).join(' ');
  const { text, exitCode } = await site.shell(`${settings} ${go} mod download ${names}`);
  if (exitCode !== 0) throw new Error(text);
  site.env.GOPROXY = 'off';
}

/** Gives the world a module cache of its own, empty: what go remembers of the workspace itself is no other world's. */
export function ownModuleCache(site: Site): void {
  site.env.GOMODCACHE = moduleCache(site, '');
}

/** A place in the module cache of the world. */
export const moduleCache = (site: Site, name: string) => join(site.home, 'go/pkg/mod', name);
