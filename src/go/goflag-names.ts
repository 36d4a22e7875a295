/**
 * Names of flags that some go command of some release accepts. Their values in GOFLAGS are settings and may
 * be shown. A flag that no go knows is refused by every command (conflict `goflags-unknown`), so its value is
 * useless and may be anything, even a password.
 */

/**
 * The union of the `parseGoflagNames` results for `cmd/go/alldocs.go` of 1.17 to 1.27 (compared in
 * test/differential/env.test.ts).
 */
const names: ReadonlySet<string> = new Set(
  `C a all args artifacts asan asmflags bench benchmem benchtime blockprofile blockprofilerate buildmode buildvcs c cache changed cmd compat
  compiled compiler count cover covermode coverpkg coverprofile cpu cpuprofile d debug-actiongraph debug-runtime-trace debug-trace deps diff
  dropexclude dropgodebug dropignore dropreplace droprequire dropretract droptool dropuse e ex exclude exec export f failfast find fix fixtool
  fmt fullpath fuzz fuzzcache fuzzminimizetime fuzztime gccgoflags gcflags go godebug http i ignore insecure installsuffix json ldflags
  linkshared list m memprofile memprofilerate mod modcache modcacherw modfile module msan mutexprofile mutexprofilefraction n o outputdir
  overlay p parallel pgo pkgdir print r race replace require retract retracted reuse run sample short show shuffle skip src t tags test
  testcache timeout tool toolchain toolexec trace trimpath u use v vendor versions vet vettool w work x`.split(
    /\s+/,
  ),
);

/**
 * Reports whether some go accepts a flag of this name (without dashes); flags of test binaries also match
 * with the prefix `test.`.
 */
export function isGoflagName(name: string): boolean {
  return names.has(name) || (name.startsWith('test.') && names.has(name.slice('test.'.length)));
}
