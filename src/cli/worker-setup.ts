/** What a worker of the exporter is made of, and how it and the program ask each other. */
import type { Facet } from '../catalog/facets.ts';
import type { BuildQuery } from '../host/build-table.ts';
import type { Machine } from '../host/machine.ts';
import type { AskedCache } from '../observe/collectors/cache/auditors.ts';
import type { AskedTree } from '../observe/collectors/toolchain/toolchain-digest.ts';
import type { GoFolders } from '../store/go-folders.ts';

/** What a worker is made of: plain data, for it crosses into a thread. */
export interface WorkerSetup {
  readonly stateDirectory: string;
  readonly machine: Machine;
  readonly whitelist: readonly string[];
  /** Facets that nobody looks at. */
  readonly disabledCollectors: readonly Facet[];
  readonly resource: Readonly<Record<string, string>>;
  readonly version: string;
  /** Without them no go is started. */
  readonly goFolders?: GoFolders;
  /** Of this host: whether a secret changed is told by a keyed hash. */
  readonly secretKey: Uint8Array;
}

/** What a worker asks the program while it looks at a target. */
export type Question =
  | { readonly of: 'cache'; readonly target: string; readonly cache: AskedCache }
  | { readonly of: 'digest'; readonly target: string; readonly tree: AskedTree }
  | { readonly of: 'build'; readonly target: string; readonly query: BuildQuery };

/** The answer, and what of it a later look would ask for again: by name, as one text. */
export interface Answer<T> {
  readonly value: T;
  readonly live: Readonly<Record<string, string>>;
}
