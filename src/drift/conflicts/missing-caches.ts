/**
 * Caches that no setting names and that have no default (contract §3: env-invalid), as in a service without
 * HOME: go learns the home directory from that variable only. Nothing is reported if the process environment
 * was not read.
 */
import type { Conflict, World } from './rule.ts';

/** Go's error if it has no directory for modules (SetCacheDir in cmd/go/internal/modfetch). */
export const noModuleCache =
  'every build that needs a module fails with "module cache not found: neither GOMODCACHE nor GOPATH is set"';

/** Reports whether a build here needs a module that is not in the module cache. */
export function buildsNeedModuleCache({ modules }: World): boolean {
  return (modules?.unavailable ?? []).length > 0;
}

const isSet = ({ env }: World, name: string) => env?.present.has(name) === true;

/**
 * Reports that no setting names the build cache and that it has no default: there is no home, or
 * XDG_CACHE_HOME is relative (os.UserCacheDir).
 */
export function withoutBuildCache(world: World): readonly Conflict[] {
  const cache = world.env?.variables.get('GOCACHE');
  if (world.processUnknown) return [];
  if (cache?.origin.kind !== 'default' || cache.value !== 'off') return [];
  const isRelative = isSet(world, 'XDG_CACHE_HOME');
  const why = isRelative
    ? 'path in $XDG_CACHE_HOME is relative'
    : 'neither $XDG_CACHE_HOME nor $HOME are defined';
  return [
    {
      key: 'env.GOCACHE',
      summary: `every build fails with "build cache is required, but could not be located: GOCACHE is not defined and ${why}"`,
      repair: isRelative
        ? 'export XDG_CACHE_HOME as an absolute path, or GOCACHE, in the environment that builds'
        : 'export HOME, or GOCACHE, in the environment that builds',
    },
  ];
}

/**
 * Reports that no setting names the module cache and that it has no usable default: there is no home, the
 * home is relative, or its subdirectory `go` is the Go tree.
 */
export function withoutModuleCache(world: World): readonly Conflict[] {
  const cache = world.env?.variables.get('GOMODCACHE');
  if (world.processUnknown || !buildsNeedModuleCache(world)) return [];
  if (cache?.origin.kind !== 'default' || cache.value.startsWith('/')) return [];
  // An explicitly set GOPATH has a finding of its own.
  if (world.env?.variables.get('GOPATH')?.origin.kind !== 'default') return [];
  const isRelative = cache.value !== '';
  return [
    {
      key: 'env.GOMODCACHE',
      summary: isRelative
        ? `every build that needs a module fails with "GOMODCACHE entry is relative; must be absolute path", as HOME is relative and ${cache.value} lies below it`
        : noModuleCache,
      repair:
        isSet(world, 'HOME') && !isRelative
          ? 'export GOPATH in the environment that builds: without it go takes the directory go in HOME, and that is the Go tree here'
          : `export HOME${isRelative ? ' as an absolute path' : ''}, or GOPATH, in the environment that builds`,
    },
  ];
}
