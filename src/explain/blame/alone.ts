/**
 * Explains failures whose cause cannot be undone (decision 0089), such as a damaged toolchain or a missing
 * module. The failing message is reproduced with go alone: in an empty module, without settings and with an
 * empty build cache. If go alone prints the same message, nothing else is needed for the failure. Pure.
 */
import type { Ending, Failure } from './verdict.ts';
import { hasPassed, tellingLines } from './verdict.ts';

/**
 * The prefix of a message: a position in a file, or the program that prints it. Both differ in the empty
 * module and are not part of the fault.
 */
const place = /^(?:\S+\.go:\d+(?::\d+)?: |\S*sh: (?:line )?(?:\d+: )?|go: )/;

/**
 * Returns a line without its prefix and without the module that go names first: for the same failed download
 * go names another module.
 */
function withoutPlace(line: string): string {
  const rest = line.replace(place, '');
  return rest.replace(/^\S+@v\S+: /, '');
}

/**
 * Returns a line that both runs print, as the user's command printed it; undefined if there is none, or if go
 * alone did not fail.
 */
export function saidAlone(alone: Ending, { lines }: Pick<Failure, 'lines'>): string | undefined {
  if (hasPassed(alone) || alone.timedOut) return undefined;
  const said = new Set([...tellingLines(alone.output)].map(withoutPlace));
  return [...lines].find((line) => said.has(withoutPlace(line)));
}

/**
 * Returns the packages of the standard library that a failure reports as missing, at most 20. Words that
 * cannot be an import path are left out.
 */
export function missingPackages({ lines }: Pick<Failure, 'lines'>): readonly string[] {
  const found = [...lines].flatMap(
    (line) => /package ([a-z][a-z0-9/]{0,60}) is not in std/.exec(line)?.[1] ?? [],
  );
  return [...new Set(found)].slice(0, 20);
}

/** Returns the files of the empty module. It imports fmt and the packages. */
export function aloneFiles(
  packages: readonly string[],
): readonly { readonly name: string; readonly text: string }[] {
  const imports = ['fmt', ...packages.filter((one) => one !== 'fmt')].map((one) => `import _ "${one}"\n`);
  return [
    { name: 'go.mod', text: 'module example.com/alone\n' },
    { name: 'main.go', text: `package main\n\n${imports.join('')}\nfunc main() {}\n` },
  ];
}
