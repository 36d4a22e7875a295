/** Checks whether a Go tree is complete: the tree that builds, and every tree that a repair offers. */
import { compareGoVersions } from '../go/version.ts';
import type { LocalToolchain } from './facets/toolchain.ts';

/** What was read of a tree; the version is that of its go, without the `go` prefix. */
export type TreeParts = Pick<LocalToolchain, 'gorootParts' | 'programs' | 'refused' | 'version'>;

/** Every release ships these; since 1.25 go builds the other tools itself (src/cmd/dist/build.go). */
const neededTools = ['compile', 'link', 'asm'];

const andMore = (names: readonly string[]) =>
  `${names.slice(0, 3).join(', ')}${names.length > 3 ? ` and ${names.length - 3} more` : ''}`;

/**
 * Returns the first fault of a tree, in words: a program that may not be executed, or a tool or package that
 * is missing or truncated and that go needs. Undefined if there is none. The tools of trees before 1.21 are
 * not checked.
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
    // Other problems (unreadable, no build information) do not show that it cannot run.
    if (program.problem === 'truncated') return `pkg/tool/…/${name} is truncated`;
  }
  return undefined;
}
