/**
 * Records the raw material of a noisy week from the real exporter: many targets, each with its own
 * environment file, each changed once. The pages before and after the changes make up the week
 * (test/e2e/replay.test.ts).
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { loadCorpus } from '../scenarios/corpus.ts';
import { waitsFor } from '../scenarios/play.ts';
import type { Edit } from '../scenarios/scenario.ts';
import { bin, goenv, makeSite, type Site, sets } from '../scenarios/site.ts';
import { type Exporter, eventually, makeWorld, seriesOf, startExporter } from './godrift.ts';

/** One kind of change, in its own world. */
export interface Change {
  /** Name of its target. */
  readonly name: string;
  readonly site: () => Promise<Site>;
  readonly change: Edit;
  /** Variables that the project requires. */
  readonly required?: readonly string[];
}

export interface Noise {
  readonly exporter: Exporter;
  /** Waits for three more passes, then returns the series of each target, without timestamps. */
  pages(): Promise<ReadonlyMap<string, readonly string[]>>;
  /** Makes each change at the target of its name. */
  make(changes: readonly Change[]): Promise<void>;
}

/** Runs `work` on all items, four at a time, since making a world runs go. */
async function inTurn<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const rest = [...items];
  const worker = async () => {
    for (let item = rest.shift(); item !== undefined; item = rest.shift()) await work(item);
  };
  await Promise.all([worker(), worker(), worker(), worker()]);
}

const environmentFile = ({ home }: Site) => join(home, 'environ');
const publish = (site: Site) =>
  writeFileSync(
    environmentFile(site),
    Object.entries(site.env)
      .flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}\0`]))
      .join(''),
  );

/** The series that alerts read, except timestamps, which belong to the run and not to the recorded week. */
const read =
  /^godrift_(target_info|collector_success|toolchain_(info|deviation)|env_(info|required_missing)|facet_entries|drift_(level|change_ratio|semantic_distance|entry_info)|conflicts|conflict_info|tool_behind|cache_(corrupt|rebound)\w*)$/;

function seriesByTarget(page: string): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const line of page.split('\n')) {
    const [, name = '', target = ''] = /^(godrift_\w+)\{target="([^"]+)"/.exec(line) ?? [];
    if (target === '' || !read.test(name)) continue;
    found.set(target, [...(found.get(target) ?? []), line.replace(/pool="[^"]*"/, 'pool="ci"')]);
  }
  return found;
}

/** Starts the exporter over a target for each change, and waits until each has learned its baseline. */
export async function startNoise(changes: readonly Change[]): Promise<Noise> {
  const world = makeWorld(undefined, {});
  const sites = new Map<string, Site>();
  await inTurn(changes, async ({ name, site }) => {
    sites.set(name, await site());
  });
  for (const site of sites.values()) publish(site);
  const targets = changes.map(({ name, required = [] }) => {
    const site = sites.get(name) as Site;
    return {
      name,
      workspace: site.workspace,
      environment: { from: 'file', path: environmentFile(site) },
      // Each target is its own pool here, since the worlds differ; in the recorded week they share one.
      pool: name,
      required,
    };
  });
  const config = join(world.home, 'godrift.yml');
  writeFileSync(config, stringify({ interval: '1s', targets }));
  const exporter = await startExporter(world, ['--config.file', config]);
  const pages = async () => {
    const passes = async () => seriesOf(await exporter.metrics(), 'godrift_passes_total') ?? 0;
    const goal = (await passes()) + 3;
    await eventually('three passes', async () => (await passes()) >= goal);
    return seriesByTarget(await exporter.metrics());
  };
  // A target without a baseline has the same series with kind="none".
  await eventually(
    'a baseline for each target',
    async () =>
      ((await exporter.metrics()).match(/^godrift_baseline_info\{.*kind="learned".* 1$/gm)?.length ?? 0) ===
      changes.length,
  );
  const make = (list: readonly Change[]) =>
    inTurn(list, async ({ name, change }) => {
      const site = sites.get(name) as Site;
      await change(site);
      publish(site);
    });
  return { exporter, pages, make };
}

/** Returns the changes of the corpus that make no difference to a build. */
export async function harmless(): Promise<readonly Change[]> {
  const { harmless: corpus } = await loadCorpus();
  return corpus.flatMap(({ name, scenario }) => {
    const { change, world, clone, files, on, but, check, baseline } = scenario;
    const [go] = on;
    // Skips worlds with findings from the start, which have no healthy week, and scenarios that need options
    // of `check`.
    if (change === undefined || but !== undefined || check !== undefined) return [];
    // The exporter compares with the host's own past: a change that is harmless beside a committed baseline
    // may be drift here.
    if (baseline === 'committed') return [];
    if (go === undefined || waitsFor(scenario) !== undefined) return [];
    const site = async () => {
      const made = await makeSite({
        go,
        ...(clone === undefined ? {} : { clone }),
        ...(files === undefined ? {} : { files }),
      });
      await world?.(made);
      return made;
    };
    return [{ name: name.replace('harmless/', ''), site, change }];
  });
}

const settings = 'GOPRIVATE=corp.example.com\nGOFLAGS=-trimpath\n';

async function ciHost(): Promise<Site> {
  const site = await makeSite({ go: '1.27.0' });
  site.goenv(settings);
  return site;
}

const onCiHost = (name: string, change: Edit): Change => ({
  name,
  site: ciHost,
  change,
  required: ['GOPRIVATE'],
});

/** A target without a change, as a healthy reference. */
export const untouched = onCiHost('untouched', () => {});

/** Changes that must raise an alert, since builds would change or fail. */
export const harmful: readonly Change[] = [
  onCiHost('minor-release', (site) => site.first(bin('1.26.0'))),
  onCiHost('cgo-off', goenv(`${settings}CGO_ENABLED=0\n`)),
  onCiHost('flags-left', goenv('GOPRIVATE=corp.example.com\nGOFLAGS=-mod=mod\n')),
  onCiHost('other-target', sets({ GOARCH: 'arm64' })),
  onCiHost('flags-lost', goenv('GOPRIVATE=corp.example.com\n')),
  onCiHost('required-lost', goenv('GOFLAGS=-trimpath\n')),
  onCiHost('modules-off', sets({ GO111MODULE: 'off' })),
  onCiHost('unknown-flag', goenv('GOPRIVATE=corp.example.com\nGOFLAGS=-nosuch\n')),
];
