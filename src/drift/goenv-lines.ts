/**
 * Removing a variable from the GOENV file. Like `go env -u`, this removes all lines that set it; otherwise an
 * earlier line would come into force.
 */
import type { EnvFacts, Fix } from './model.ts';
import { shellWord } from './shell-word.ts';

/** Returns the numbers of the lines in the GOENV file that set a variable, in file order. */
export function linesOf(env: EnvFacts | undefined, name: string): readonly number[] {
  return (env?.goenv.lines ?? []).filter((one) => one.name === name).map(({ line }) => line);
}

/** Returns the fix that removes a variable. `line` is the line of `path` that is in force. */
export function removal(env: EnvFacts | undefined, name: string, path: string, line: number): Fix {
  const also = path === env?.goenv.path ? linesOf(env, name).filter((other) => other !== line) : [];
  return { action: 'remove-line', name, path, line, ...(also.length === 0 ? {} : { also }) };
}

/**
 * Returns the command that sets a variable in the GOENV file, or removes it (`value` undefined). If the file
 * has a GOTOOLCHAIN line, `go env -u` would be run by the toolchain that the line names, which fails if that
 * toolchain is missing or too old to know the variable; hence GOTOOLCHAIN=local
 * (findings/go-env-u-cannot-take-back-gotoolchain.sh).
 */
export function goenvCommand(name: string, value: string | undefined): string {
  if (value !== undefined) return `go env -w ${shellWord(`${name}=${value}`)}`;
  return `${name === 'GOTOOLCHAIN' ? 'GOTOOLCHAIN=local ' : ''}go env -u ${name}`;
}
