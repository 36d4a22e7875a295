/**
 * A noisy week, recorded from the real exporter: one exporter over many targets, each with an environment file of its own, of
 * which each is changed once. What its page says of a target before and after is what the week is made of (test/e2e/replay.test.ts).
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { loadCorpus } from '../scenarios/corpus.ts';
import { waitsFor } from '../scenarios/play.ts';
import type { Edit } from '../scenarios/scenario.ts';
import { bin, goenv, makeSite, type Site, sets } from '../scenarios/site.ts';
import { type Exporter, eventually, makeWorld, seriesOf, startExporter } from './godrift.ts';

/** One kind of change, in a world of its own. */
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
  /** What the page says of each target, once the exporter has looked again: a line a series, without values of time. */
  pages(): Promise<ReadonlyMap<string, readonly string[]>>;
  /** Makes changes, each at the target of its name. */
  make(changes: readonly Change[]): Promise<void>;
}

/** Some at once: making a world runs go. */
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

/** What alerts read, but for times: those are of the run, not of the story. */
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
      // Worlds that have nothing in common are no pool; in the week they are hosts of one.
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
  // A target without one says so in the same series, with kind="none".
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

/** The corpus of changes that mean nothing to a build. */
export async function harmless(): Promise<readonly Change[]> {
  const { harmless: corpus } = await loadCorpus();
  return corpus.flatMap(({ name, scenario }) => {
    const { change, world, clone, files, on, but, check, baseline } = scenario;
    const [go] = on;
    // A world that is odd from the start has no healthy week; what needs arguments of a check is not the exporter's.
    if (change === undefined || but !== undefined || check !== undefined) return [];
    // What is harmless beside a committed baseline may be a drift of the host, whose own past is compared here.
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

/** Nothing happens to it: what a healthy target shows. */
export const untouched = onCiHost('untouched', () => {});

/** What must be told: somebody would build something else, or nothing. */
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
