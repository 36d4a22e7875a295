/** The one contract of all collectors: the sources of a pass in, the facts of one facet out, or why there are none. */
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
  /** `go env` is asked to confirm what the files said. */
  readonly confirmation?: Confirmation;
  /** Where go may be shown copies of the project's files, to confirm the build list; it is not asked without. */
  readonly copiesDirectory?: string;
  /** Everything is read anew, what nothing announces too. */
  readonly whole?: boolean;
  /** What is known of a build cache; nobody audits it without. */
  readonly cache?: AskCache;
  /** What is known of the tree that builds; its digest stays open without. */
  readonly digest?: AskDigest;
  /** What is kept of the files of vendor trees; they are read as a whole without. */
  readonly vendor?: FileLists;
  /** Facets whose collectors are not run. */
  readonly disabled?: readonly Facet[];
  /** The key of this host's state directory: whether a secret changed stays unknown without. */
  readonly secretKey?: Uint8Array;
}

/** What a collector is given. */
export interface Look {
  readonly sources: Sources;
  readonly machine: Machine;
  readonly clock: Clock;
  readonly options: CollectOptions;
  /** Commands that it ran are appended. */
  readonly commands: CommandRun[];
}

/** Collects one facet. It may throw: then its facet is unreadable, and the others are not concerned. */
export interface Collector<F extends Facet> {
  /** It has something to say of an environment that cannot be read, too; PATH and GOTOOLCHAIN are part of that, and the others have nothing. */
  readonly ofUnreadable?: true;
  readonly collect: (look: Look) => Outcome<FactsOf[F]> | Promise<Outcome<FactsOf[F]>>;
}
