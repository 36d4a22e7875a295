/**
 * Builds tiny programs with the build information of real tools (module, version, Go), using real toolchains.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runGo, scratch, type Toolchain, testCache } from './toolchains.ts';

export interface MadeTool {
  /** Import path of the main package, and of its module unless `module` is given. */
  readonly path: string;
  readonly module?: string;
  readonly version: string;
  /** Go source of the main package; by default it prints its version. */
  readonly source?: string;
}

/**
 * Builds a tool to `file`. A temporary main module requires the tool's module and replaces it by a directory,
 * so that the linker records its path and version as for `go install path@version`, without network.
 */
export async function buildTool(toolchain: Toolchain, file: string, tool: MadeTool): Promise<void> {
  const { path, module = path, version } = tool;
  const main = scratch('tool');
  const place = join(main, 'made', path.slice(module.length));
  mkdirSync(place, { recursive: true });
  writeFileSync(join(main, 'made/go.mod'), `module ${module}\n\ngo 1.21\n`);
  writeFileSync(
    join(place, 'main.go'),
    tool.source ?? `package main\n\nfunc main() { println("${version}") }\n`,
  );
  writeFileSync(
    join(main, 'go.mod'),
    `module example.com/throwaway\n\ngo 1.21\n\nrequire ${module} ${version}\n\nreplace ${module} => ./made\n`,
  );
  mkdirSync(dirname(file), { recursive: true });
  const built = await runGo(toolchain, ['build', '-o', file, path], {
    cwd: main,
    env: { GOTOOLCHAIN: 'local', CGO_ENABLED: '0', GOCACHE: join(testCache(), 'go-build') },
  });
  if (built.exitCode !== 0) throw new Error(`${path} does not build: ${built.stderr}`);
}
