/**
 * Shims of version managers, and the files by which they choose a Go; read, never run. goenv: libexec/goenv-exec, goenv-version-file and
 * goenv-version-file-read; asdf: shims of 0.15 and 0.16, plugin asdf-golang (bin/exec-env); mise: measured with 2026.9.15.
 */
import { isGo, parseMiseToml } from './mise-toml.ts';
import { compareGoVersions, isValidGoVersion } from './version.ts';

/** A script that hands over to a version manager. */
export type Shim =
  | {
      readonly manager: 'goenv';
      /** GOENV_ROOT, written into the shim. */
      readonly root: string;
      /** The goenv that it runs. */
      readonly program: string;
    }
  | { readonly manager: 'asdf'; readonly plugins: readonly string[] };

/** What a script is a shim of, or undefined. `text` need be no more than its first kilobytes. */
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
 * A wrapper that does nothing but start one go with what it was given, variables set before it (as hermit, Nix and companies write them); undefined
 * for a script that does anything else.
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

/** Base names of programs that links of a shims directory lead to: they look at the name by which they are called. */
export const linkedManagers: ReadonlySet<string> = new Set(['mise', 'rtx']);

/** What a version file asks for: the words of it, `system` among them, or `unclear` where only the manager itself can tell. */
export type Wanted = readonly string[] | 'unclear' | undefined;

/** The words of a goenv version file: the first of each line, without comments and without what could leave the directory of versions. */
export function readGoenvVersion(text: string): Wanted {
  const words = text
    .slice(0, 1024)
    .split(/\r?\n/)
    .map((line) => /^\s*([^\s#]\S*)/.exec(line)?.[1] ?? '')
    .filter((word) => word !== '' && word !== '..' && !word.includes('/'));
  return words.length === 0 ? undefined : words;
}

/** What a mise.toml asks for under `[tools]` for go. A value that is no plain version is unclear, and so is a file that is no TOML. */
export function readMiseToml(text: string): Wanted {
  const tools = parseMiseToml(text);
  return tools === undefined ? 'unclear' : tools.find(isGo)?.versions;
}

/** The newest of the installed versions (names of directories) that a request means; `prefix:` and a trailing part may be left out where `fuzzy`. */
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
