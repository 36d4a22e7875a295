/**
 * Resolves a `go` that is a version manager's shim to the `go` that it would start here, from the files that
 * the manager reads. Variables that the manager sets are part of the result. Nothing is run.
 */
import path from 'node:path';
import { scanGoLines } from '../../go/gomod.ts';
import { parseToolVersions } from '../../go/pin-files.ts';
import {
  chooseInstalled,
  linkedManagers,
  readGoenvVersion,
  readMiseToml,
  readShim,
  readWrapper,
  type Shim,
  type Wanted,
} from '../../go/shims.ts';
import type { Credentials } from '../../host/credentials.ts';
import { listDirectory, readFile } from '../../host/files.ts';
import { insidePathOf } from '../../host/tree.ts';
import { type Code, isOutside, readCode } from './code.ts';
import { miseGlobalFile, miseTomls } from './mise-files.ts';

/** The environment and user for which a shim is resolved. */
export interface ShimAsker {
  readonly code: Code;
  readonly environment: ReadonlyMap<string, string>;
  readonly credentials: Credentials;
  /** The directory in which `go` would run; `''` for none. */
  readonly workspace: string;
  readonly home: string;
}

/** The `go` behind a shim; `next` if the manager leaves the choice to the rest of PATH. */
export type ShimAnswer =
  | {
      readonly binary: string;
      /** Variables that the manager sets for it. */
      readonly variables: ReadonlyMap<string, string>;
    }
  | {
      readonly next: true;
      /** The problem to report if nothing follows on PATH. */
      readonly problem: string;
    }
  | {
      readonly problem: string;
      /** The manager may start a `go` nevertheless. */
      readonly unclear?: true;
    };

const shimLimit = 64 * 1024;
const fileLimit = 1024 * 1024;

/** The requested versions, and the file or variable that requests them. */
interface Request {
  readonly wanted: Wanted;
  readonly by: string;
}

/** Reads version files. */
class Reader {
  readonly asker: ShimAsker;
  constructor(asker: ShimAsker) {
    this.asker = asker;
  }

  /** Returns the text of a file; undefined if it is unreadable. */
  text(file: string): string | undefined {
    const read = readFile({ root: this.asker.code.root, path: file }, fileLimit);
    return read.ok ? read.bytes.toString('utf8') : undefined;
  }

  /**
   * Returns the first request in the named files of the workspace and the directories above it, nearest
   * first.
   */
  upward(names: readonly string[], read: (text: string, name: string) => Wanted): Request | undefined {
    const { workspace } = this.asker;
    for (let here = workspace; here !== ''; here = here === '/' ? '' : path.dirname(here)) {
      for (const name of names) {
        const by = path.join(here, name);
        const found = readCode(this.asker.code, by, fileLimit);
        if (!found.ok) continue;
        // The manager follows a symlink out of the code, but its contents must not be shown.
        const outside = isOutside(this.asker.code, by, found.real);
        const wanted = outside ? 'unclear' : read(found.bytes.toString('utf8'), name);
        if (wanted !== undefined) return { wanted, by };
      }
    }
    return undefined;
  }
}

function toolVersionsWanted(text: string): Wanted {
  return parseToolVersions(text).find(({ tool }) => tool === 'golang' || tool === 'go')?.versions;
}

function goModWanted(text: string): Wanted {
  const { go, toolchain } = scanGoLines(text);
  const version = toolchain === undefined || toolchain === 'default' ? go : toolchain.replace(/^go/, '');
  return version === undefined ? undefined : [version];
}

interface Manager {
  readonly name: string;
  /** The directory whose children are the installed versions. */
  readonly versions: string;
  /** Path of `go` below a version's directory. */
  readonly go: string;
  /** Whether a request may omit the last part of a version. */
  readonly fuzzy: boolean;
  readonly request: Request | undefined;
  /** What happens if nothing is requested. */
  readonly otherwise: 'next' | 'fails';
  readonly variables: (directory: string, version: string) => readonly (readonly [string, string])[];
}

function goenv(shim: Shim & { manager: 'goenv' }, asker: ShimAsker, reader: Reader): Manager {
  const { environment, home } = asker;
  const { root } = asker.code;
  const on = (name: string) => environment.get(name) === '1';
  const set = environment.get('GOENV_VERSION');
  // Newer versions of goenv read the go.mod beside .go-version, always or when enabled; goenv's own script
  // shows which.
  const program = insidePathOf({ root, path: shim.program }) ?? shim.program;
  const script = readFile({ root, path: path.join(path.dirname(program), 'goenv-version-file') }, fileLimit);
  const says = script.ok ? script.bytes.toString('utf8') : '';
  const enabled = (environment.get('GOENV_GOMOD_VERSION_ENABLE') ?? '') !== '';
  const gomod = says.includes('go.mod') && (enabled || !says.includes('GOENV_GOMOD_VERSION_ENABLE'));
  const names = gomod ? ['.go-version', 'go.mod'] : ['.go-version'];
  const global = path.join(shim.root, 'version');
  const request: Request | undefined = set
    ? { wanted: set.split(':'), by: 'GOENV_VERSION' }
    : (reader.upward(names, (text, name) =>
        name === 'go.mod' ? goModWanted(text) : readGoenvVersion(text),
      ) ?? { wanted: readGoenvVersion(reader.text(global) ?? ''), by: global });
  return {
    name: 'goenv',
    versions: path.join(shim.root, 'versions'),
    go: 'bin/go',
    fuzzy: enabled && request.by.endsWith('/go.mod'),
    request: request.wanted === undefined ? undefined : request,
    otherwise: 'next',
    variables: (directory, version) => {
      const gopath = environment.get('GOPATH') ?? '';
      const own = path.join(environment.get('GOENV_GOPATH_PREFIX') || path.join(home, 'go'), version);
      const joined =
        gopath !== '' && on('GOENV_APPEND_GOPATH')
          ? `${own}:${gopath}`
          : gopath !== '' && on('GOENV_PREPEND_GOPATH')
            ? `${gopath}:${own}`
            : own;
      return [
        ...(on('GOENV_DISABLE_GOROOT') ? [] : [['GOROOT', directory] as const]),
        ...(on('GOENV_DISABLE_GOPATH') ? [] : [['GOPATH', joined] as const]),
      ];
    },
  };
}

function asdf(asker: ShimAsker, reader: Reader): Manager {
  const { environment, home } = asker;
  const data = environment.get('ASDF_DATA_DIR') || path.join(home, '.asdf');
  const name =
    environment.get('ASDF_TOOL_VERSIONS_FILENAME') ||
    environment.get('ASDF_DEFAULT_TOOL_VERSIONS_FILENAME') ||
    '.tool-versions';
  const config = reader.text(environment.get('ASDF_CONFIG_FILE') || path.join(home, '.asdfrc'));
  const legacy = /^[ \t]*legacy_version_file[ \t]*=[ \t]*yes\b/m.test(config ?? '') ? ['.go-version'] : [];
  const read = (text: string, file: string) =>
    file === name ? toolVersionsWanted(text) : readGoenvVersion(text);
  const set = environment.get('ASDF_GOLANG_VERSION');
  const global = path.join(home, name);
  const request: Request = set
    ? { wanted: set.split(' '), by: 'ASDF_GOLANG_VERSION' }
    : (reader.upward([name, ...legacy], read) ?? {
        wanted: toolVersionsWanted(reader.text(global) ?? ''),
        by: global,
      });
  // Plugin versions set different variables; the installed one shows which.
  const plugin = reader.text(path.join(data, 'plugins/golang/bin/exec-env')) ?? 'GOROOT GOBIN GOPATH';
  const unset = (variable: string) => (environment.get(variable) ?? '') === '';
  return {
    name: 'asdf',
    versions: path.join(data, 'installs/golang'),
    go: 'go/bin/go',
    fuzzy: false,
    request: request.wanted === undefined ? undefined : request,
    otherwise: 'fails',
    variables: (directory) => [
      ...(plugin.includes('GOROOT') ? [['GOROOT', path.join(directory, 'go')] as const] : []),
      ...(plugin.includes('GOBIN') ? [['GOBIN', path.join(directory, 'bin')] as const] : []),
      ...(plugin.includes('GOPATH') && unset('GOPATH')
        ? [['GOPATH', path.join(directory, 'packages')] as const]
        : []),
    ],
  };
}

/**
 * Returns the directories whose children are Go releases installed by golang.org/dl or a version manager, and
 * the path of `go` in each.
 */
export function sdkDirectories(
  home: string,
  environment: ReadonlyMap<string, string>,
): readonly { readonly directory: string; readonly go: string }[] {
  if (home === '') return [];
  const mise = miseData(home, environment);
  const asdf = environment.get('ASDF_DATA_DIR') || path.join(home, '.asdf');
  const goenv = environment.get('GOENV_ROOT') || path.join(home, '.goenv');
  return [
    { directory: path.join(home, 'sdk'), go: 'bin/go' },
    { directory: path.join(mise, 'installs/go'), go: 'bin/go' },
    { directory: path.join(asdf, 'installs/golang'), go: 'go/bin/go' },
    { directory: path.join(goenv, 'versions'), go: 'bin/go' },
  ];
}

function miseData(home: string, environment: ReadonlyMap<string, string>): string {
  return (
    environment.get('MISE_DATA_DIR') ||
    path.join(environment.get('XDG_DATA_HOME') || path.join(home, '.local/share'), 'mise')
  );
}

function mise(asker: ShimAsker, reader: Reader): Manager {
  const { environment, home } = asker;
  const data = miseData(home, environment);
  const global = miseGlobalFile(asker);
  const globalText = reader.text(global) ?? '';
  const enabled =
    environment.get('MISE_IDIOMATIC_VERSION_FILE_ENABLE_TOOLS') ??
    /^[ \t]*idiomatic_version_file_enable_tools[ \t]*=[ \t]*\[([^\]]*)\]/m.exec(globalText)?.[1] ??
    '';
  // go.mod takes precedence, as a pin: a .go-version beside it is ignored.
  const idiomatic = /\bgo\b/.test(enabled) ? ['go.mod', '.go-version'] : [];
  const read = (text: string, file: string): Wanted => {
    if (file === 'go.mod') return goModWanted(text);
    if (file === '.go-version') return readGoenvVersion(text);
    return file === '.tool-versions' ? toolVersionsWanted(text) : readMiseToml(text);
  };
  const set = environment.get('MISE_GO_VERSION');
  const request: Request = set
    ? { wanted: [set], by: 'MISE_GO_VERSION' }
    : (reader.upward([...miseTomls, '.tool-versions', ...idiomatic], read) ?? {
        wanted: readMiseToml(globalText),
        by: global,
      });
  return {
    name: 'mise',
    versions: path.join(data, 'installs/go'),
    go: 'bin/go',
    fuzzy: true,
    request: request.wanted === undefined ? undefined : request,
    otherwise: 'next',
    variables: (directory) => [
      ['GOROOT', directory],
      ...((environment.get('GOBIN') ?? '') === '' ? [['GOBIN', path.join(directory, 'bin')] as const] : []),
    ],
  };
}

function answer(manager: Manager, asker: ShimAsker): ShimAnswer {
  const { name, request } = manager;
  const unset = `is the shim of ${name}, and no version of go is set for it here`;
  if (request === undefined)
    return manager.otherwise === 'next' ? { next: true, problem: unset } : { problem: unset };
  if (request.wanted === undefined || request.wanted === 'unclear') {
    const problem = `is the shim of ${name}, and only ${name} itself can read go in ${request.by}`;
    return { problem, unclear: true };
  }
  const installed = listDirectory({ root: asker.code.root, path: manager.versions }).filter(
    (version) => !version.startsWith('.'),
  );
  for (const wanted of request.wanted) {
    if (wanted === 'system')
      return { next: true, problem: `is the shim of ${name}, which is told to use the go of the system` };
    const version = chooseInstalled(wanted, installed, manager.fuzzy);
    if (version === undefined) continue;
    const directory = path.join(manager.versions, version);
    return {
      binary: path.join(directory, manager.go),
      variables: new Map(manager.variables(directory, version)),
    };
  }
  const word = (request.wanted[0] ?? '').slice(0, 64);
  return { problem: `is the shim of ${name}, and go ${word} (${request.by}) is not installed in it` };
}

/**
 * Resolves a shim, given by its path in the asker's root; undefined if it is not a shim of a known manager.
 */
export function followShim(asker: ShimAsker, file: string): ShimAnswer | undefined {
  const reader = new Reader(asker);
  const { root } = asker.code;
  const linked = path.basename(insidePathOf({ root, path: file }) ?? file);
  if (linkedManagers.has(linked) && path.basename(file) !== linked) return answer(mise(asker, reader), asker);
  // Commands of snap are symlinks to snap itself, which starts the program of that name.
  if (linked === 'snap') return { binary: '/snap/go/current/bin/go', variables: new Map() };
  const read = readFile({ root, path: file }, shimLimit);
  const text = read.ok ? read.bytes.toString('utf8') : '';
  const shim = readShim(text);
  if (shim === undefined) {
    const wrapper = readWrapper(text);
    return wrapper && { binary: wrapper.program, variables: wrapper.variables };
  }
  const manager = shim.manager === 'goenv' ? goenv(shim, asker, reader) : asdf(asker, reader);
  return answer(manager, asker);
}
