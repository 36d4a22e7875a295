/** Whether a Go tree is whole: what is asked of the tree that builds, and of every tree before a repair names it. */
import { compareGoVersions } from '../go/version.ts';
import type { LocalToolchain } from './facets/toolchain.ts';

/** What was read of a tree; the version is that of its go, without the `go` prefix. */
export type TreeParts = Pick<LocalToolchain, 'gorootParts' | 'programs' | 'refused' | 'version'>;

/** Every release ships these; since 1.25 go builds the other tools itself (src/cmd/dist/build.go). */
const neededTools = ['compile', 'link', 'asm'];

const andMore = (names: readonly string[]) =>
  `${names.slice(0, 3).join(', ')}${names.length > 3 ? ` and ${names.length - 3} more` : ''}`;

/**
 * A tool or package without which go builds nothing or not all, missing or cut off, or any program that may not be started, in words;
 * undefined where there is none. Of trees before 1.21 the tools are not asked for.
 */
export function missingPart({ gorootParts, programs, refused, version }: TreeParts): string | undefined {
  if (!gorootParts.pkgTool) return 'there is no pkg/tool';
  if (refused.length > 0) return `${andMore(refused)} may not be executed: "permission denied"`;
  if (!gorootParts.src) return 'there is no src';
  const { lacks = [] } = gorootParts;
  if (lacks.length > 0) return `there is no ${andMore(lacks)}`;
  if (compareGoVersions(version, '1.21') < 0) return undefined;
  for (const name of neededTools) {
    const program = programs.find((one) => one.name === name);
    if (program === undefined) return `pkg/tool has no ${name}`;
    // Other problems (not readable, no build information) say nothing about whether it runs.
    if (program.problem === 'truncated') return `pkg/tool/…/${name} is truncated`;
  }
  return undefined;
}
