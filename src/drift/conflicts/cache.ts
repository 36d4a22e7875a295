/** Conflicts of the build cache (contract §3: cache-*). What go does with each: go-internals, cmd/go/internal/cache/cache.go. */
import type { CorruptOutput } from '../facets/cache.ts';
import type { Conflict, Rule } from './rule.ts';
import { originOf } from './rule.ts';

const short = (id: string) => id.slice(0, 16);
const repair = (path: string) =>
  `GOCACHE=${path} godrift cache repair --yes drops the action entries that lead there; the next build makes the outputs anew`;

function what(output: CorruptOutput): string {
  const of = output.package === undefined ? '' : ` of ${output.package}`;
  const by =
    output.goVersion === undefined ? '' : `, made by ${output.goVersion} ${output.platform ?? ''}`.trimEnd();
  return `${output.class === 'archive' ? 'compiled package' : output.class}${of}${by}`;
}

/** Outputs with another content than their names promise: go checks the size of a compiled package, not its content. */
export const cacheCorrupt: Rule = (world) =>
  (world.cache?.corrupt ?? []).map(
    (output): Conflict => ({
      key: 'cache.corrupt',
      actual: `${short(output.id)}-d`,
      ...originOf(world, 'GOCACHE'),
      summary: `output ${short(output.id)} in GOCACHE (${what(output)}; ${output.size} bytes, used by ${output.actions.length === 1 ? `action ${short(output.actions[0] as string)}` : `${output.actions.length} actions: ${output.actions.slice(0, 3).map(short).join(' ')}`}) does not have the content that its name promises: go build takes it without a word, links a wrong program or fails`,
      repair: repair(world.cache?.path ?? '$GOCACHE'),
    }),
  );

/** Actions that lead to what another action made. */
export const cacheRebound: Rule = (world) =>
  (world.cache?.rebound ?? []).map(
    (action): Conflict => ({
      key: 'cache.rebound',
      actual: short(action.output),
      ...originOf(world, 'GOCACHE'),
      summary: `action ${short(action.id)} in GOCACHE leads to output ${short(action.output)}${action.package === undefined ? '' : ` (${action.package})`}, which another action made: go build would take one package for the other`,
      repair: repair(world.cache?.path ?? '$GOCACHE'),
    }),
  );

/** Entries that the building user cannot replace. */
export const cacheForeignOwner: Rule = (world) => {
  const { cache } = world;
  if (cache === undefined || cache.foreign === 0) return [];
  return [
    {
      key: 'cache.foreign_owner',
      actual: `uid ${cache.foreignUid ?? '?'}`,
      ...originOf(world, 'GOCACHE'),
      summary: `${cache.foreign} entries of GOCACHE belong to uid ${cache.foreignUid ?? '?'}: a build that has to replace one fails with "permission denied" or a misleading "is not in std"`,
      repair: `sudo chown -R "$(id -u):$(id -g)" ${cache.path}`,
    },
  ];
};

/** A cache that no build can write to. */
export const cacheUnwritable: Rule = (world) => {
  const { cache } = world;
  if (cache?.unwritable === undefined) return [];
  const full = cache.unwritable === 'full-disk';
  return [
    {
      key: 'cache.unwritable',
      actual: cache.unwritable,
      ...originOf(world, 'GOCACHE'),
      summary: full
        ? `the file system of GOCACHE ${cache.path} is full: builds fail with "no space left on device" or a misleading "is not in std"`
        : `GOCACHE ${cache.path} cannot be written: unchanged code still builds, the first change fails with "permission denied"`,
      repair: full
        ? `make room below ${cache.path} (go clean -cache empties it)`
        : `sudo chown -R "$(id -u):$(id -g)" ${cache.path} && chmod -R u+rwX ${cache.path}`,
    },
  ];
};

/** Entries that go passes over in silence and makes again. */
export const cacheDamaged: Rule = (world) => {
  const damaged = world.cache?.damaged ?? [];
  const [first] = damaged;
  if (first === undefined) return [];
  const more = damaged.length === 1 ? '' : ` and ${damaged.length - 1} more`;
  return [
    {
      key: 'cache.damaged',
      actual: first.path,
      ...originOf(world, 'GOCACHE'),
      summary: `GOCACHE holds ${first.path} (${first.why.replaceAll('-', ' ')})${more}, which go passes over: what they stood for is built again`,
      repair: repair(world.cache?.path ?? '$GOCACHE'),
    },
  ];
};
