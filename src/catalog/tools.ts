/**
 * Names of Go tools that are searched for on PATH. In directories that `go install` writes to, every program
 * counts as a tool; elsewhere only these, because docker or kubectl are Go programs too but no Go tools.
 */

/** One tool. */
export interface KnownTool {
  readonly name: string;
  /**
   * True if the tool loads and type-checks Go source or reads compiler output. Built with an older Go, such a
   * tool fails on newer source or checks less of it. Measured with tools built by go1.21 in a module of go
   * 1.24: gopls reports false errors, stringer and govulncheck stop, dlv refuses, revive drops its rules that
   * need types; gofmt, goimports, gofumpt, golint, mockgen, goose and protoc-gen-go work.
   */
  readonly loadsSource?: true;
}

const loading = (name: string): KnownTool => ({ name, loadsSource: true });

export const knownTools: readonly KnownTool[] = [
  // Editors, debuggers, analysers.
  ...['gopls', 'dlv', 'golangci-lint', 'staticcheck', 'revive', 'govulncheck', 'gosec', 'errcheck'].map(
    loading,
  ),
  ...['nilaway', 'deadcode', 'exhaustive', 'ineffassign', 'unparam', 'gocritic', 'go-critic'].map(loading),
  // Generators that load packages.
  ...['stringer', 'wire', 'mockery', 'moq', 'counterfeiter', 'enumer', 'controller-gen', 'gqlgen'].map(
    loading,
  ),
  // Formatters, generators and runners that read only syntax, or no Go source at all.
  ...['gofmt', 'goimports', 'gofumpt', 'gci', 'golines', 'golint', 'mockgen', 'goose', 'migrate'].map(
    (name) => ({ name }),
  ),
  ...['protoc-gen-go', 'protoc-gen-go-grpc', 'protoc-gen-connect-go', 'buf', 'sqlc', 'oapi-codegen'].map(
    (name) => ({ name }),
  ),
  ...['gotestsum', 'ginkgo', 'benchstat', 'goreleaser', 'ko', 'air', 'task', 'mage', 'swag', 'easyjson'].map(
    (name) => ({ name }),
  ),
  ...['gomodifytags', 'gotests', 'impl', 'goplay', 'gocyclo', 'goda', 'pprof', 'gomarkdoc'].map((name) => ({
    name,
  })),
];

/** Symbol prefix of the package that loads and type-checks Go source; a program that contains it does so. */
export const sourceLoader = 'golang.org/x/tools/go/packages.';

const byName = new Map(knownTools.map((tool) => [tool.name, tool]));

/** Returns the row of a tool by its name, or undefined. */
export function knownTool(name: string): KnownTool | undefined {
  return byName.get(name);
}

/** The main package of Delve. */
export const delvePackage = 'github.com/go-delve/delve/cmd/dlv';

/**
 * Minor versions of the oldest and newest Go whose binaries a Delve can debug, by the minor version of Delve:
 * MinSupportedVersionOfGoMinor and MaxSupportedVersionOfGoMinor in pkg/goversion/compat.go of v1.7.3 to
 * v1.26.0. Other tools have no built-in limit: for gopls, staticcheck and golangci-lint the Go that built
 * them decides.
 */
const delveLimits: Readonly<Record<number, { readonly oldest: number; readonly newest: number }>> = {
  7: { oldest: 15, newest: 17 },
  8: { oldest: 16, newest: 18 },
  9: { oldest: 17, newest: 19 },
  20: { oldest: 18, newest: 20 },
  21: { oldest: 19, newest: 21 },
  22: { oldest: 19, newest: 22 },
  23: { oldest: 21, newest: 23 },
  24: { oldest: 21, newest: 24 },
  25: { oldest: 22, newest: 25 },
  26: { oldest: 24, newest: 26 },
};

/**
 * Returns the minor versions of the oldest and newest Go that a Delve supports (`'v1.24.2'` → `{ oldest: 21,
 * newest: 24 }`); undefined if the table does not have that Delve.
 */
export function delveSupport(
  version: string,
): { readonly oldest: number; readonly newest: number } | undefined {
  const minor = /^v1\.(\d+)\.\d+/.exec(version)?.[1];
  return minor === undefined ? undefined : delveLimits[Number(minor)];
}

/**
 * Returns the version query (`v1.23`) for the newest Delve that supports a Go of this minor version; `latest`
 * if the table has none.
 */
export function delveFor(goMinor: number): string {
  const fitting = Object.entries(delveLimits).filter(
    ([, { oldest, newest }]) => oldest <= goMinor && goMinor <= newest,
  );
  const newest = Math.max(...fitting.map(([minor]) => Number(minor)));
  return fitting.length === 0 ? 'latest' : `v1.${newest}`;
}
