/** Taking a variable out of the GOENV file: all lines that set it, as `go env -u` does; a line above would come into force otherwise. */
import type { EnvFacts, Fix } from './model.ts';
import { shellWord } from './shell-word.ts';

/** The lines of GOENV that set a variable, in their order. */
export function linesOf(env: EnvFacts | undefined, name: string): readonly number[] {
  return (env?.goenv.lines ?? []).filter((one) => one.name === name).map(({ line }) => line);
}

/** The removal of a variable of which that line of the file is in force. */
export function removal(env: EnvFacts | undefined, name: string, path: string, line: number): Fix {
  const also = path === env?.goenv.path ? linesOf(env, name).filter((other) => other !== line) : [];
  return { action: 'remove-line', name, path, line, ...(also.length === 0 ? {} : { also }) };
}

/**
 * The command that gives a variable of the GOENV file a value, or takes it out. The toolchain that a GOTOOLCHAIN line names would run `go env -u` itself, which
 * fails where that toolchain is missing, or too old to know the variable (findings/go-env-u-cannot-take-back-gotoolchain.sh).
 */
export function goenvCommand(name: string, value: string | undefined): string {
  if (value !== undefined) return `go env -w ${shellWord(`${name}=${value}`)}`;
  return `${name === 'GOTOOLCHAIN' ? 'GOTOOLCHAIN=local ' : ''}go env -u ${name}`;
}
