/** Conflicts of the build cache (contract §3: cache-*). */
import type { CacheFacts, IrregularCacheEntry, OutputFacts } from '../facets/cache.ts';
import { type Conflict, type Rule, unset, type World } from './rule.ts';

/** Most findings of one rule to report individually. */
const told = 10;

/** Returns a path as a word of a shell command. */
function quoted(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}

function short(id: string): string {
  return id.slice(0, 16);
}

/** Describes an output, as far as known: `the package example.com/x (go1.27.4 linux/amd64)`. */
function describe({ kind, package: name, producer }: OutputFacts): string {
  const what =
    kind === 'archive'
      ? `the package ${name ?? '(unknown)'}`
      : kind === 'other'
        ? 'an output'
        : `an output (${kind})`;
  return producer === undefined ? what : `${what} (${producer})`;
}

/** Describes what go will do with a damaged output, by its kind (go-internals §3). */
function consequence(kind: string): string {
  if (kind === 'archive') return 'go links it into programs without looking, and the build succeeds';
  if (kind === 'executable') return 'go run and go tool start it without looking';
  if (kind === 'index') return 'go reads the sources of a package wrongly from it';
  return 'go builds again where it looks, and repeats what it says where it does not';
}

function repairOf({ path }: CacheFacts): string {
  return `godrift cache repair --gocache ${quoted(path)} --yes`;
}

const irregularWords: Readonly<Record<IrregularCacheEntry['what'], string>> = {
  link: 'is a symbolic link: go follows it without looking, builds from what it leads to and writes through it',
  special: 'is a FIFO, socket or device: go waits at it for ever, or takes what comes out of it',
  directory: 'is a directory in place of a file: go cannot use it, and cannot replace it',
  file: 'is a file in place of a folder: every build fails with "failed to initialize build cache"',
};

/** Reports outputs whose content does not match their name, and entries that are not files. */
export const cacheCorrupt: Rule = (world) => [...irregularEntries(world), ...wrongOutputs(world)];

function irregularEntries({ cache }: World): readonly Conflict[] {
  return (cache?.content?.irregular ?? []).slice(0, told).map(({ file, what }) => ({
    key: `cache.corrupt.${short(file.replace(/^..\//, ''))}`,
    actual: what,
    origin: { kind: 'file', path: `${cache?.path}/${file}` },
    summary: `GOCACHE is damaged: ${cache?.path}/${file} ${irregularWords[what]}`,
    repair: repairOf(cache as CacheFacts),
  }));
}

function wrongOutputs({ cache }: World): readonly Conflict[] {
  return (cache?.content?.corrupt ?? []).slice(0, told).map((one): Conflict => {
    const actions = one.actions.map(short).join(', ');
    return {
      key: `cache.corrupt.${short(one.output)}`,
      expected: `sha256:${one.output}`,
      summary: `${describe(one)} in GOCACHE is damaged: ${cache?.path}/${one.output.slice(0, 2)}/${one.output}-d does not hold what its name promises, and action ${actions} leads to it; ${consequence(one.kind)}`,
      repair: repairOf(cache as CacheFacts),
    };
  });
}

/** Reports action entries that refer to the output of another action. */
export const cacheRebound: Rule = ({ cache }) =>
  (cache?.content?.rebound ?? []).slice(0, told).map((one): Conflict => {
    const how = {
      'build-id': 'which another action made, as its build id says',
      rewritten: `where it led to ${short(one.recorded ?? '')} before`,
      release: `in which another toolchain made an object ("${one.mixedWith ?? ''}"), as when GOROOT is swapped during a build`,
    }[one.proof];
    return {
      key: `cache.rebound.${short(one.action)}`,
      ...(one.recorded === undefined ? {} : { expected: one.recorded }),
      actual: one.output,
      summary: `action ${short(one.action)} in GOCACHE leads to ${describe(one)}, ${how}: ${one.proof === 'release' ? 'go links nothing with it ("linked object header mismatch") and does not make it anew' : consequence(one.kind)}`,
      repair: repairOf(cache as CacheFacts),
    };
  });

/**
 * Reports whether users other than root own entries of a cache. A chown would take the cache away from them.
 * Entries of root come from a sudo.
 */
export function isUsedByOthers(owners: readonly number[]): boolean {
  return owners.some((uid) => uid !== 0);
}

/** Reports entries that the building user cannot replace. */
export const cacheForeignOwner: Rule = ({ cache }) => {
  const { content, path = '', builderUid } = cache ?? {};
  if (content === undefined || content.foreignCount === 0) return [];
  const owners = content.foreignUids.map((uid) => `uid ${uid}`).join(', ');
  return [
    {
      key: 'cache.foreign_owner',
      actual: owners,
      summary: `${content.foreignCount} entries of GOCACHE belong to ${owners} and cannot be replaced by uid ${builderUid}, as after sudo go build: builds fail with "permission denied" or "package … is not in std" (${content.foreignExample ?? path})`,
      repair: isUsedByOthers(content.foreignUids)
        ? `set GOCACHE to a directory of uid ${builderUid}'s own: ${owners} ${content.foreignUids.length > 1 ? 'use' : 'uses'} this one`
        : `sudo chown -R ${builderUid} ${quoted(path)}`,
    },
  ];
};

/** Reports a GOCACHE that cannot be written or used. */
export const cacheUnwritable: Rule = (world) => {
  const { cache, env } = world;
  if (cache === undefined || !('why' in cache.place)) return [];
  const { path, place, builderUid } = cache;
  const { state } = place;
  // A GOCACHE that names no directory is reported as a setting (env-invalid, goenv-invalid).
  if (state === 'off') return [];
  const origin = env?.variables.get('GOCACHE')?.origin;
  const tail = {
    dangling: 'every build fails with "failed to initialize build cache"',
    'not-directory': 'every build fails with "failed to initialize build cache"',
    denied:
      place.barred === undefined
        ? 'what is cached still builds, the first change fails with "permission denied"'
        : 'builds fail with "permission denied"',
    'read-only': 'what is cached still builds, the first change fails with "read-only file system"',
    full: 'builds fail with "no space left on device" or "package … is not in std"',
  }[state];
  const repairs = {
    dangling: `mkdir -p "$(readlink -m ${quoted(path)})"`,
    // A setting may name anything (/dev/null), so it is the setting that must change; at the default location
    // the file itself is in the way.
    'not-directory':
      origin?.kind === 'process' || origin?.kind === 'goenv'
        ? unset(world, 'GOCACHE')
        : `mv ${quoted(path)} ${quoted(`${path}.old`)}`,
    denied: {
      owner: isUsedByOthers([place.owner ?? 0])
        ? `set GOCACHE to a directory of uid ${builderUid}'s own: uid ${place.owner} uses this one`
        : `sudo chown -R ${builderUid} ${quoted(path)}`,
      mode: `chmod u+rwx ${quoted(path)}`,
      above: `let uid ${builderUid} enter the directories above ${quoted(path)} (chmod +x)`,
      absent: `sudo mkdir -p ${quoted(path)} && sudo chown ${builderUid} ${quoted(path)}`,
    }[place.barred ?? 'owner'],
    'read-only': 'set GOCACHE to a directory on a disk that can be written',
    full: 'free space on that disk, or go clean -cache',
  };
  return [
    {
      key: 'cache.unwritable',
      actual: state,
      ...(origin === undefined || origin.kind === 'default' ? {} : { origin }),
      summary: `${place.why}: ${tail}`,
      repair: repairs[state],
    },
  ];
};

/** Reports files for which go would use a stale module index. */
export const cacheStaleIndex: Rule = ({ cache }) =>
  (cache?.staleIndexes ?? []).slice(0, told).map((one): Conflict => {
    const file = `${one.folder}/${one.file}`;
    const differ = [
      one.indexed === '' ? '' : `it still has ${one.indexed}`,
      one.actual === '' ? '' : `it lacks ${one.actual}`,
    ].filter(Boolean);
    return {
      key: `cache.stale_index.${one.file}`,
      origin: { kind: 'file', path: file },
      summary: `${file} changed and kept its size and modification time: go reads its imports from an index made before (${differ.join(', ')}), and builds fail with "could not import" or use what is imported no more`,
      repair: `touch ${quoted(file)}`,
    };
  });
