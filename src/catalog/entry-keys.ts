/** Every key that a snapshot may hold, with the form of its value; what a change of it amounts to is in `entries.ts`. */

/** A key, or a family of keys with a part in angle brackets. */
export interface EntryKey {
  readonly key: string;
  /** A key of the family, for which the weights are looked up. */
  readonly example: string;
  readonly value: string;
  /** False for what is compared with nothing. */
  readonly compared?: false;
}

const exact = (key: string, value: string): EntryKey => ({ key, example: key, value });

/** What a look leaves open in a facet, for whoever compares with the snapshot. */
const unsettled = (facet: string, value: string): EntryKey => ({
  ...exact(`${facet}.unsettled`, value),
  compared: false,
});

export const entryKeys: readonly EntryKey[] = [
  exact('toolchain.version', 'the Go that a build here uses, after every switch: `1.27.4`'),
  exact('toolchain.goroot', 'its tree, written portably'),
  exact(
    'toolchain.origin',
    'how it was chosen: `local`, `path`, `cached`, `download`; `forbidden`, `invalid`, `not-found` where go gives up',
  ),
  exact('toolchain.digest', 'SHA-256 over the files of `bin`, `pkg/tool` and `src`'),
  unsettled('toolchain', '`toolchain.*` where this look could not tell which environment is meant'),
  {
    key: 'env.<NAME>',
    example: 'env.GOFLAGS',
    value: 'a variable that is not what Go would take anyway, [by name](variables.md)',
  },
  {
    key: 'env.<NAME>.secret',
    example: 'env.GOPROXY.secret',
    value:
      'keyed hash of a value that is partly hidden: in the state directory only, compared with this host alone, never printed',
    compared: false,
  },
  unsettled('env', '`env.*` where this look could not tell which environment is meant'),
  {
    key: 'modules.<path>',
    example: 'modules.example.com/m',
    value:
      'a module of the build list: version, then its replacement (`=> path version`, `=> ../folder`, with a `sha256:` over its sources where it lies outside of the repository), then its `h1:` sum where go.sum has one',
  },
  exact('modules.vendor', 'SHA-256 over the vendor tree'),
  exact(
    'modules.go_mod',
    'SHA-256 over what the go.mod files of the main modules say, comments and order left out',
  ),
  exact('modules.go_work', 'SHA-256 over what go.work says'),
  exact('modules.main_module', 'the module whose go.mod governs the workspace, in it or above it'),
  unsettled('modules', 'keys that this look could not settle, `modules.*` for the list'),
  {
    key: 'tools.<name>',
    example: 'tools.gopls',
    value: 'version, the Go that built it, its `h1:` sum',
  },
  exact('tools.cc', 'the version line of the C compiler'),
  exact('tools.cxx', 'the version line of the C++ compiler'),
  exact('tools.gofmt', 'version of the gofmt on PATH'),
  unsettled(
    'tools',
    'keys that this look could not settle; `tools.*` in every portable snapshot, which says of no tool that it is not there',
  ),
  exact('cache.corrupt', 'outputs of GOCACHE without the content that their names promise'),
  exact('cache.rebound', 'action entries that lead to another output than they should'),
  exact('cache.foreign_owner', 'users other than the building one whose entries lie there'),
  exact('cache.unwritable', 'why GOCACHE cannot be written'),
  exact('context.os', '`linux`, `darwin`'),
  exact('context.arch', 'architecture of the host, as Node names it'),
  exact('context.kernel', 'release of the kernel'),
  exact('context.distribution', 'name and version of `/etc/os-release`'),
  exact('context.hostname', 'name of the host'),
  exact('context.shell', 'the shell of SHELL'),
  exact('context.shell_version', 'its version'),
  exact('context.ci', 'the CI system, by its documented variables'),
  exact('context.container', 'the container runtime'),
  exact('context.kubernetes', '`true` in a pod'),
  exact('context.kubernetes_namespace', 'namespace of the pod'),
];

const found = (key: string, example = key) => ({ key, example });

/** Keys that findings have and no snapshot: what is wrong with files, an editor, or the baseline itself. */
export const findingKeys: readonly Pick<EntryKey, 'key' | 'example'>[] = [
  found('modules.godebug'),
  found('cache.corrupt.<output>', 'cache.corrupt.0123456789ab'),
  found('cache.rebound.<action>', 'cache.rebound.0123456789ab'),
  found('cache.stale_index.<file>', 'cache.stale_index./src/app/main.go'),
  found('context.ide'),
  found('context.baseline'),
];
