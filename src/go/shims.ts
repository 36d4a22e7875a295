/**
 * Recognizes shims of version managers and reads the files by which they choose a Go. Nothing is executed.
 * Sources: goenv: libexec/goenv-exec, goenv-version-file and goenv-version-file-read; asdf: shims of 0.15 and
 * 0.16, plugin asdf-golang (bin/exec-env); mise: measured with 2026.9.15.
 */
import { isGo, parseMiseToml } from './mise-toml.ts';
import { compareGoVersions, isValidGoVersion } from './version.ts';

/** A script that delegates to a version manager. */
export type Shim =
  | {
      readonly manager: 'goenv';
      /** GOENV_ROOT, as set in the shim. */
      readonly root: string;
      /** Path of the goenv that the shim runs. */
      readonly program: string;
    }
  | { readonly manager: 'asdf'; readonly plugins: readonly string[] };

/** Recognizes a shim by its script text, of which the first kilobytes are enough; undefined if it is none. */
export function readShim(text: string): Shim | undefined {
  if (!text.startsWith('#!')) return undefined;
  if (/^exec (\S*\/)?asdf exec "/m.test(text)) {
    const plugins = [...text.matchAll(/^# asdf-plugin: (\S+) /gm)].map((match) => match[1] ?? '');
    return { manager: 'asdf', plugins: [...new Set(plugins)] };
  }
  const root = /^export GOENV_ROOT="([^"$`\\]+)"$/m.exec(text)?.[1];
  const program = /^exec "([^"$`\\]+)" exec "\$program"/m.exec(text)?.[1];
  return root === undefined || program === undefined ? undefined : { manager: 'goenv', root, program };
}

/**
 * Parses a wrapper script that only exports variables and then starts one go with its own arguments (as
 * hermit, Nix and in-house setups generate them); undefined if the script does anything else.
 */
export function readWrapper(
  text: string,
): { readonly program: string; readonly variables: ReadonlyMap<string, string> } | undefined {
  if (!/^#![^\n]*sh\b/.test(text)) return undefined;
  const variables = new Map<string, string>();
  const lines = text
    .split(/\r?\n/)
    .slice(1)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#') && !/^set -[eu]+$/.test(line));
  const last = lines.pop() ?? '';
  for (const line of lines) {
    const [, name = '', value = ''] = /^export ([A-Za-z_]\w*)=["']?([\w./:@%+,=-]*)["']?$/.exec(line) ?? [];
    if (name === '') return undefined;
    variables.set(name, value);
  }
  const program = /^exec (["']?)(\/[\w./@+-]+)\1 "\$@"$/.exec(last)?.[2];
  return program === undefined ? undefined : { program, variables };
}

/**
 * Base names of version managers to which the symlinks of a shims directory point; they act by the name they
 * are called by.
 */
export const linkedManagers: ReadonlySet<string> = new Set(['mise', 'rtx']);

/**
 * The versions that a file requests, possibly `system`; `unclear` if only the version manager can evaluate
 * it.
 */
export type Wanted = readonly string[] | 'unclear' | undefined;

/**
 * Returns the first word of each line of a goenv version file, without comments and without words that could
 * escape the versions directory.
 */
export function readGoenvVersion(text: string): Wanted {
  const words = text
    .slice(0, 1024)
    .split(/\r?\n/)
    .map((line) => /^\s*([^\s#]\S*)/.exec(line)?.[1] ?? '')
    .filter((word) => word !== '' && word !== '..' && !word.includes('/'));
  return words.length === 0 ? undefined : words;
}

/**
 * Returns the Go versions that a mise.toml requests under `[tools]`; `unclear` if the value is no plain
 * version or the file is not TOML.
 */
export function readMiseToml(text: string): Wanted {
  const tools = parseMiseToml(text);
  return tools === undefined ? 'unclear' : tools.find(isGo)?.versions;
}

/**
 * Returns the installed version (a directory name) that a request selects, undefined if none. Without `fuzzy`
 * only an exact match counts; with it, a prefix such as `1.26`, `prefix:1.26` or `latest` selects the newest
 * matching version.
 */
export function chooseInstalled(
  request: string,
  installed: Iterable<string>,
  fuzzy: boolean,
): string | undefined {
  const names = [...installed];
  const wanted = request.replace(/^(go-?|v)(?=\d)/, '');
  if (names.includes(request)) return request;
  if (names.includes(wanted)) return wanted;
  if (!fuzzy) return undefined;
  const stem = wanted === 'latest' ? '' : `${wanted.replace(/^prefix:/, '')}.`;
  return names
    .filter((name) => isValidGoVersion(name) && name.startsWith(stem))
    .sort(compareGoVersions)
    .at(-1);
}
