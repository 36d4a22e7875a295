/**
 * All keys that a snapshot may hold, with the form of their values. Weights and levels of changes are in
 * `entries.ts`.
 */

/** A key, or a family of keys with a part in angle brackets. */
export interface EntryKey {
  readonly key: string;
  /** A key of the family, with which its weights are looked up. */
  readonly example: string;
  readonly value: string;
  /** False for entries that are not compared with the baseline. */
  readonly compared?: false;
}

const exact = (key: string, value: string): EntryKey => ({ key, example: key, value });

/** The entry that lists the keys of a facet which an observation could not determine. */
const unsettled = (facet: string, value: string): EntryKey => ({
  ...exact(`${facet}.unsettled`, value),
  compared: false,
});

export const entryKeys: readonly EntryKey[] = [
  exact('toolchain.version', 'the Go that builds here use, after toolchain switching: `1.27.4`'),
  exact('toolchain.goroot', 'its GOROOT, written portably'),
  exact(
    'toolchain.origin',
    'how it was selected: `local`, `path`, `cached`, `download`; `forbidden`, `invalid` or `not-found` if go fails',
  ),
  exact('toolchain.digest', 'SHA-256 over the files of `bin`, `pkg/tool` and `src`'),
  unsettled('toolchain', '`toolchain.*` if the environment of the target could not be determined'),
  {
    key: 'env.<NAME>',
    example: 'env.GOFLAGS',
    value: 'a variable whose value is not the default of Go, [by name](variables.md)',
  },
  {
    key: 'env.<NAME>.secret',
    example: 'env.GOPROXY.secret',
    value:
      'keyed hash of a value that is partly hidden: stored in the state directory only, compared on this host only, never printed',
    compared: false,
  },
  unsettled('env', '`env.*` if the environment of the target could not be determined'),
  {
    key: 'modules.<path>',
    example: 'modules.example.com/m',
    value:
      'a module of the build list: its version, its replacement (`=> path version` or `=> ../folder`, with a `sha256:` over its sources if it is outside the repository), and its `h1:` sum if go.sum has one',
  },
  exact('modules.vendor', 'SHA-256 over the vendor tree'),
  exact(
    'modules.go_mod',
    'SHA-256 over the directives in the go.mod files of the main modules, ignoring comments and order',
  ),
  exact('modules.go_work', 'SHA-256 over the directives in go.work'),
  exact('modules.main_module', 'the module of the nearest go.mod, in the workspace or above it'),
  unsettled('modules', 'keys that could not be determined; `modules.*` stands for the build list'),
  {
    key: 'tools.<name>',
    example: 'tools.gopls',
    value: 'its version, the Go that built it, and its `h1:` sum',
  },
  exact('tools.cc', 'the version line of the C compiler'),
  exact('tools.cxx', 'the version line of the C++ compiler'),
  exact('tools.gofmt', 'version of the gofmt on PATH'),
  unsettled(
    'tools',
    'keys that could not be determined; `tools.*` in every portable snapshot, whose list of tools is not complete',
  ),
  exact('cache.corrupt', 'outputs of GOCACHE whose content does not match their name'),
  exact('cache.rebound', 'action entries that point to a wrong output'),
  exact('cache.foreign_owner', 'users other than the building one who own entries'),
  exact('cache.unwritable', 'why GOCACHE cannot be written'),
  exact('context.os', '`linux`, `darwin`'),
  exact('context.arch', 'architecture of the host, in the terms of Node'),
  exact('context.kernel', 'release of the kernel'),
  exact('context.distribution', 'name and version from `/etc/os-release`'),
  exact('context.hostname', 'name of the host'),
  exact('context.shell', 'the shell that SHELL names'),
  exact('context.shell_version', 'its version'),
  exact('context.ci', 'the CI system, recognized by its documented variables'),
  exact('context.container', 'the container runtime'),
  exact('context.kubernetes', '`true` in a pod'),
  exact('context.kubernetes_namespace', 'namespace of the pod'),
];

const found = (key: string, example = key) => ({ key, example });

/**
 * Keys that only findings use, never snapshots: for problems of files, of an editor, or of the baseline
 * itself.
 */
export const findingKeys: readonly Pick<EntryKey, 'key' | 'example'>[] = [
  found('modules.godebug'),
  found('cache.corrupt.<output>', 'cache.corrupt.0123456789ab'),
  found('cache.rebound.<action>', 'cache.rebound.0123456789ab'),
  found('cache.stale_index.<file>', 'cache.stale_index./src/app/main.go'),
  found('context.ide'),
  found('context.baseline'),
];
