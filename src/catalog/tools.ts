/**
 * Go tools that a PATH is searched for by name. Directories that `go install` fills are taken whole; elsewhere only these count,
 * since docker or kubectl are Go programs and no tools of Go's.
 */

/** One tool. */
export interface KnownTool {
  readonly name: string;
  /**
   * Loads and type-checks Go source, or reads what the compiler wrote about it: built with an older Go it fails on newer source, or
   * judges less of it. Measured with tools built by go1.21 in a module of go 1.24: gopls reports errors that are none, stringer and
   * govulncheck stop, dlv refuses, revive drops its rules that need types; gofmt, goimports, gofumpt, golint, mockgen, goose and
   * protoc-gen-go work.
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
  // Formatters, generators and runners that read syntax only, or no Go at all.
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

/** The package whose presence in a program means that it loads and type-checks Go source. */
export const sourceLoader = 'golang.org/x/tools/go/packages.';

const byName = new Map(knownTools.map((tool) => [tool.name, tool]));

/** The row of a tool by its name, or undefined. */
export function knownTool(name: string): KnownTool | undefined {
  return byName.get(name);
}
