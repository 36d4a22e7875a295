/** The setup of an exporter's worker, and the questions between it and the main thread. */
import type { Facet } from '../catalog/facets.ts';
import type { BuildQuery } from '../host/build-table.ts';
import type { Machine } from '../host/machine.ts';
import type { CacheQuery } from '../observe/collectors/cache/auditors.ts';
import type { TreeQuery } from '../observe/collectors/toolchain/toolchain-digest.ts';
import type { GoFolders } from '../store/go-folders.ts';

/** The setup of a worker; plain data, because it crosses into a thread. */
export interface WorkerSetup {
  readonly stateDirectory: string;
  readonly machine: Machine;
  readonly whitelist: readonly string[];
  /** Facets whose collectors are disabled. */
  readonly disabledCollectors: readonly Facet[];
  readonly resource: Readonly<Record<string, string>>;
  readonly version: string;
  /** Folders in which go may run; without them no go is started. */
  readonly goFolders?: GoFolders;
  /** The key of this host; a keyed hash shows whether a secret changed. */
  readonly secretKey: Uint8Array;
}

/** A question of a worker to the main thread while it observes a target. */
export type Question =
  | { readonly of: 'cache'; readonly target: string; readonly cache: CacheQuery }
  | { readonly of: 'digest'; readonly target: string; readonly tree: TreeQuery }
  | { readonly of: 'build'; readonly target: string; readonly query: BuildQuery };

/** An answer, and its live parts by name, each as a text: a later pass asks whether they have changed. */
export interface Answer<T> {
  readonly value: T;
  readonly live: Readonly<Record<string, string>>;
}
