/**
 * The contract of all collectors: from the sources of an observation they produce the facts of one facet, or
 * the reason why there are none.
 */
import type { Facet } from '../../catalog/facets.ts';
import type { CommandRun, FactsOf, Outcome } from '../../drift/model.ts';
import type { Clock, Machine } from '../../host/machine.ts';
import type { Sources } from '../environment/sources.ts';
import type { AskCache } from './cache/auditors.ts';
import type { Confirmation } from './env/env.ts';
import type { FileLists } from './file-lists.ts';
import type { AskDigest } from './toolchain/toolchain-digest.ts';

/** What collectors may do beyond reading files. */
export interface CollectOptions {
  /** Run `go env` to confirm the values read from files. */
  readonly confirmation?: Confirmation;
  /**
   * Directory for copies of the project's files that `go` may read to confirm the build list; without it,
   * `go` is not run for that.
   */
  readonly copiesDirectory?: string;
  /** Read everything anew, including what no event announces. */
  readonly whole?: boolean;
  /** Returns what is known of a build cache; without it, caches are not audited. */
  readonly cache?: AskCache;
  /** Returns what is known of the tree that builds; without it, the digest is unknown. */
  readonly digest?: AskDigest;
  /** Stored lists of the files of vendor directories; without them, all files are read. */
  readonly vendor?: FileLists;
  /** Facets whose collectors do not run. */
  readonly disabled?: readonly Facet[];
  /** Key of this host's state directory; without it, changes of secrets cannot be detected. */
  readonly secretKey?: Uint8Array;
}

/** The input of a collector. */
export interface CollectorInput {
  readonly sources: Sources;
  readonly machine: Machine;
  readonly clock: Clock;
  readonly options: CollectOptions;
  /** Collectors append the commands that they ran. */
  readonly commands: CommandRun[];
}

/** Collects one facet. If it throws, its facet is unreadable; other facets are not affected. */
export interface Collector<F extends Facet> {
  /**
   * Set if the collector can work without a readable environment. The other facets depend on PATH and
   * GOTOOLCHAIN.
   */
  readonly ofUnreadable?: true;
  readonly collect: (look: CollectorInput) => Outcome<FactsOf[F]> | Promise<Outcome<FactsOf[F]>>;
}
