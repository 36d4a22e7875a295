/**
 * What cannot be undone is tried alone (decision 0089): a damaged toolchain, a module that is gone. Where go by itself, in an empty module, without any setting and with an empty
 * build cache says the same as the command that fails, then nothing else is needed for the failure. Pure.
 */
import type { Ending, Failure } from './verdict.ts';
import { hasPassed, tellingLines } from './verdict.ts';

/** What stands in front of a message: the place in a file, or the program that says it. Both differ in the empty module, and neither is part of what is wrong. */
const place = /^(?:\S+\.go:\d+(?::\d+)?: |\S*sh: (?:line )?(?:\d+: )?|go: )/;

/** A line without its place, and without the module in front of it: go names another one for the same failure of a download. */
function withoutPlace(line: string): string {
  const rest = line.replace(place, '');
  return rest.replace(/^\S+@v\S+: /, '');
}

/** The line that both print, as the command of the user printed it; undefined where there is none, or go alone did not fail. */
export function saidAlone(alone: Ending, { lines }: Pick<Failure, 'lines'>): string | undefined {
  if (hasPassed(alone) || alone.timedOut) return undefined;
  const said = new Set([...tellingLines(alone.output)].map(withoutPlace));
  return [...lines].find((line) => said.has(withoutPlace(line)));
}

/** Packages of the standard library that a failure says are missing, at most 20; words that cannot be an import path are left out. */
export function missingPackages({ lines }: Pick<Failure, 'lines'>): readonly string[] {
  const found = [...lines].flatMap(
    (line) => /package ([a-z][a-z0-9/]{0,60}) is not in std/.exec(line)?.[1] ?? [],
  );
  return [...new Set(found)].slice(0, 20);
}

/** Files of the empty module. */
export function aloneFiles(
  packages: readonly string[],
): readonly { readonly name: string; readonly text: string }[] {
  const imports = ['fmt', ...packages.filter((one) => one !== 'fmt')].map((one) => `import _ "${one}"\n`);
  return [
    { name: 'go.mod', text: 'module example.com/alone\n' },
    { name: 'main.go', text: `package main\n\n${imports.join('')}\nfunc main() {}\n` },
  ];
}
