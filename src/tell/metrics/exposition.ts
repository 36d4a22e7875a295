/**
 * Renders the metrics page in the text format 0.0.4. A scrape first determines what is new: families whose
 * samples differ, of targets with a new state object. Only these pass through the OpenTelemetry exporter and
 * serializer. Their lines are kept, and the page is joined from kept lines. Long work yields to the event
 * loop in between.
 *
 * A page is complete or there is none: any error rejects, and nothing of a failed attempt is kept.
 */
import { setImmediate } from 'node:timers/promises';
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { emptyResource } from '@opentelemetry/resources';
import { MeterProvider, type MetricData } from '@opentelemetry/sdk-metrics';
import type { MetricRow } from '../../catalog/metric-row.ts';
import { metricName, metrics } from '../../catalog/metrics.ts';
import type { TargetState } from '../../drift/state.ts';
import { createSerial } from '../../host/serial.ts';
import { createProducer, type Part } from './producer.ts';
import type { FamilySamples, Sample } from './samples.ts';

/**
 * Milliseconds of work between two pauses: a tenth of the permitted stall (design §14), because a garbage
 * collection may add to it.
 */
const sliceMs = 2;

/** The samples of a family of one part, and the lines that the serializer made of them. */
interface KeptFamily {
  readonly samples: readonly Sample[];
  readonly lines: string;
}
type Kept = ReadonlyMap<string, KeptFamily>;

interface KeptTarget {
  readonly state: TargetState;
  readonly families: Kept;
}

const noResource = emptyResource();
const nothingKept: Kept = new Map();
/** Name of the part whose series have no label `target`. */
const exporterPart = 'godrift/exporter';

/** The `# HELP` and `# TYPE` lines of each family, in the order of the page. */
const headers: ReadonlyMap<string, string> = new Map(
  metrics
    .map((row) => {
      const name = metricName(row);
      const help = row.help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
      return [name, `# HELP ${name} ${help}\n# TYPE ${name} ${row.type}\n`] as const;
    })
    .sort(([a], [b]) => (a < b ? -1 : 1)),
);

/**
 * Families that change with every scrape: the process metrics that every exporter has. They sort last by
 * name.
 */
const ofProcess = /^(nodejs|process)_/;

/** Reports whether a family is one of the process metrics that every exporter has. */
export const isOfProcess = ({ name }: Pick<MetricRow, 'name'>): boolean => ofProcess.test(name);

/** Yields to the event loop if the current slice of work is used up; otherwise returns undefined. */
type Pause = () => Promise<void> | undefined;

/** Creates the pause function for one page. */
function pauses(): Pause {
  let sliceStart = performance.now();
  return () => {
    if (performance.now() - sliceStart < sliceMs) return undefined;
    return setImmediate().then(() => {
      sliceStart = performance.now();
    });
  };
}

function sameSamples(a: readonly Sample[], b: readonly Sample[]): boolean {
  return (
    a.length === b.length &&
    a.every((one, index) => {
      const other = b[index] as Sample;
      if (one.value !== other.value) return false;
      // Series of one family always have the same label names in the same order.
      for (const name in one.labels) if (one.labels[name] !== other.labels[name]) return false;
      return true;
    })
  );
}

/**
 * Returns the lines of a family whose series are unchanged, with new values put into the lines that
 * OpenTelemetry made. Returns undefined if the series changed or a value is written differently than
 * JavaScript writes numbers (infinity).
 */
function revalued(before: KeptFamily, samples: readonly Sample[]): string | undefined {
  if (before.samples.length !== samples.length) return undefined;
  // Line breaks in labels are written as `\n`, so each line is one series.
  const lines = before.lines.split('\n');
  let text = '';
  for (const [index, { labels, value }] of samples.entries()) {
    const line = lines[index] as string;
    const known = (before.samples[index] as Sample).labels;
    if (!Number.isFinite(value) || before.samples[index]?.histogram !== undefined) return undefined;
    for (const name in labels) if (labels[name] !== known[name]) return undefined;
    text += `${line.slice(0, line.lastIndexOf(' '))} ${value}\n`;
  }
  return text;
}

/** A part that is being rendered. */
interface Draft {
  readonly name: string;
  /** Families that are unchanged or differ only in values. */
  readonly known: Kept;
  /** Families that must be serialized. */
  readonly unknown: readonly FamilySamples[];
  /** Names of the families that changed. */
  readonly changed: readonly string[];
}

function draft(name: string, families: readonly FamilySamples[], kept: Kept): Draft {
  const known = new Map<string, KeptFamily>();
  const unknown: FamilySamples[] = [];
  const changed: string[] = [];
  for (const one of families) {
    const { row, samples } = one;
    const full = metricName(row);
    const before = kept.get(full);
    if (before !== undefined && sameSamples(before.samples, samples)) {
      known.set(full, before);
      continue;
    }
    changed.push(full);
    const lines = before === undefined ? undefined : revalued(before, samples);
    if (lines === undefined) unknown.push(one);
    else known.set(full, { samples, lines });
  }
  return { name, known, unknown, changed };
}

/**
 * Returns the lines of one family as OpenTelemetry writes them, without the header, which the page has once.
 */
function linesOf(serializer: PrometheusSerializer, metric: MetricData): string {
  const { name } = metric.descriptor;
  const text = serializer.serialize({
    resource: noResource,
    scopeMetrics: [{ scope: { name: '' }, metrics: [metric] }],
  });
  const start = text.indexOf('\n', text.indexOf('\n') + 1) + 1;
  // Any other header means that the exporter renamed the family: its lines would appear under a wrong header.
  if (start === 0 || text.slice(0, start) !== headers.get(name))
    throw new Error(`the serializer made another family of ${name}`);
  return text.slice(start);
}

/** A page in UTF-8, in two parts. */
export interface Page {
  /**
   * One block for each family of the targets, in order, and one for the exporter's families that seldom
   * change. The same array object as long as none of them changed.
   */
  readonly kept: readonly Buffer[];
  /**
   * Process metrics of the exporter, about a kilobyte that differs at each scrape. It comes last, so that
   * what is known about the rest (its checksum) stays valid.
   */
  readonly fresh: Buffer;
}

export interface Exposition {
  /**
   * Returns the whole page: the targets and the families of the exporter itself. Rejects if any part cannot
   * be made.
   */
  page(targets: readonly TargetState[], own: readonly FamilySamples[]): Promise<Page>;
}

/**
 * Creates the OpenTelemetry pipeline: producer, exporter, serializer. The returned function resolves to the
 * lines of each family and rejects if one cannot be made.
 */
function createPipeline(): (part: Part) => Promise<ReadonlyMap<string, string>> {
  let parts: readonly Part[] = [];
  const exporter = new PrometheusExporter({
    preventServerStart: true,
    withoutScopeInfo: true,
    withoutTargetInfo: true,
    metricProducers: [createProducer(() => parts)],
  });
  // Binds the reader. godrift has no instruments; without a resource there is no second `target_info` beside
  // its own.
  new MeterProvider({ resource: noResource, readers: [exporter] });
  const serializer = new PrometheusSerializer('', false, undefined, true, true);
  return async (part) => {
    parts = [part];
    const { resourceMetrics, errors } = await exporter.collect();
    if (errors.length > 0) throw new AggregateError(errors, 'collection failed');
    const made = resourceMetrics.scopeMetrics.flatMap(({ metrics: told }) => told);
    return new Map(made.map((metric) => [metric.descriptor.name, linesOf(serializer, metric)]));
  };
}

/** Returns all families of a part: the newly serialized ones and the others. */
function keep({ known, unknown }: Draft, made: ReadonlyMap<string, string>): Kept {
  const next = new Map(known);
  for (const { row, samples } of unknown) {
    const name = metricName(row);
    const lines = made.get(name);
    if (lines === undefined) throw new Error(`no lines were made of ${name}`);
    next.set(name, { samples, lines });
  }
  return next;
}

/** Creates an exposition. `familiesOf` is called once for each state object. */
export function createExposition(familiesOf: (state: TargetState) => readonly FamilySamples[]): Exposition {
  return new KeptExposition(familiesOf);
}

class KeptExposition implements Exposition {
  readonly #familiesOf: (state: TargetState) => readonly FamilySamples[];
  readonly #linesOfPart = createPipeline();
  /** Concurrent scrapes would share half-made state. */
  readonly #serial = createSerial();
  #targets: readonly KeptTarget[] = [];
  /** The list from which `#targets` was made; the same list object needs no comparison. */
  #states: readonly TargetState[] | undefined;
  #exporter: Kept = nothingKept;
  /** Finished blocks of the target families by name, including headers. */
  #blocks: ReadonlyMap<string, Buffer> = new Map();
  /** Families of the exporter that seldom change, as text. */
  #ownText = '';
  #ownBlock = Buffer.alloc(0);
  /** The kept part of the last page; undefined once a part of it changed. */
  #keptBlocks: readonly Buffer[] | undefined;

  constructor(familiesOf: (state: TargetState) => readonly FamilySamples[]) {
    this.#familiesOf = familiesOf;
  }

  page(targets: readonly TargetState[], own: readonly FamilySamples[]): Promise<Page> {
    return this.#serial(() => this.#build(targets, own));
  }

  async #build(targets: readonly TargetState[], own: readonly FamilySamples[]): Promise<Page> {
    const pause = pauses();
    await this.#refreshTargets(targets, pause);
    this.#exporter = await this.#tell(draft(exporterPart, own, this.#exporter));
    const { seldom, always } = this.#ownTexts();
    if (seldom !== this.#ownText) {
      this.#ownText = seldom;
      this.#ownBlock = Buffer.from(seldom);
      this.#keptBlocks = undefined;
    }
    this.#keptBlocks ??= [...this.#blocks.values(), this.#ownBlock];
    return { kept: this.#keptBlocks, fresh: Buffer.from(always) };
  }

  /**
   * Returns the families of the exporter in order, separated into those that seldom change and those that
   * always do.
   */
  #ownTexts(): { readonly seldom: string; readonly always: string } {
    let seldom = '';
    let always = '';
    for (const [name, header] of headers) {
      const family = this.#exporter.get(name);
      if (family === undefined) continue;
      const text = header + family.lines;
      if (ofProcess.test(name)) always += text;
      else seldom += text;
    }
    return { seldom, always };
  }

  /** Serializes the new families of a part and keeps the others. */
  async #tell(part: Draft): Promise<Kept> {
    if (part.unknown.length === 0) return part.known;
    return keep(part, await this.#linesOfPart({ name: part.name, families: part.unknown }));
  }

  /** Updates the blocks of the targets. */
  async #refreshTargets(targets: readonly TargetState[], pause: Pause): Promise<void> {
    const last = this.#targets;
    if (targets === this.#states) return;
    if (targets.length === last.length && targets.every((state, index) => state === last[index]?.state)) {
      this.#states = targets;
      return;
    }
    const before = new Map(last.map((one) => [one.state.target, one]));
    const next: KeptTarget[] = [];
    const changedFamilies = new Set<string>();
    for (const state of targets) {
      const old = before.get(state.target);
      if (old?.state === state) {
        next.push(old);
        continue;
      }
      const kept = old?.families ?? nothingKept;
      const one = draft(state.target, this.#familiesOf(state), kept);
      const families = await this.#tell(one);
      next.push({ state, families });
      for (const name of one.changed) changedFamilies.add(name);
      for (const name of kept.keys()) if (!families.has(name)) changedFamilies.add(name);
      await pause();
    }
    // Another set or order of targets changes every family.
    const sameTargets =
      next.length === last.length &&
      next.every(({ state }, index) => state.target === last[index]?.state.target);
    this.#blocks = await joinBlocks(this.#blocks, next, sameTargets ? changedFamilies : undefined, pause);
    this.#keptBlocks = undefined;
    this.#targets = next;
    this.#states = targets;
  }
}

/**
 * Returns the blocks of all target families, with the same buffers for unchanged ones. Without `changed` all
 * are rebuilt.
 */
async function joinBlocks(
  blocks: ReadonlyMap<string, Buffer>,
  targets: readonly KeptTarget[],
  changed: ReadonlySet<string> | undefined,
  pause: Pause,
): Promise<ReadonlyMap<string, Buffer>> {
  const joined = new Map<string, Buffer>();
  for (const [name, header] of headers) {
    const block = blocks.get(name);
    if (changed !== undefined && !changed.has(name)) {
      if (block !== undefined) joined.set(name, block);
      continue;
    }
    const lines = targets.flatMap(({ families }) => families.get(name)?.lines ?? []);
    if (lines.length > 0) joined.set(name, Buffer.from(header + lines.join('')));
    await pause();
  }
  return joined;
}
