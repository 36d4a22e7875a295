/**
 * A noisy week as series for promtool, made from recorded pages of the real exporter (test/lab/noise.ts).
 * Each event has its real duration; only quiet time is cut: a day has two hours, in which all events of a day
 * happen.
 */

/** Recorded series of a target: `name{target="x",…} value`. */
type Page = readonly string[];

/** The page of a target from a minute on; without a page the target does not exist. */
interface Segment {
  readonly from: number;
  readonly page?: Page;
}

interface TargetStory {
  readonly target: string;
  readonly instance: string;
  readonly segments: readonly Segment[];
  /** The minutes at which the deployments on its page began. */
  readonly deployments: readonly number[];
}

export interface Recording {
  readonly healthy: Page;
  readonly harmless: readonly Page[];
  /** A rollout of another minor release. */
  readonly rollout: Page;
  readonly harmful: readonly Page[];
}

/** A drift for which an alert must fire. */
export interface RealDrift {
  readonly target: string;
  readonly from: number;
  readonly until: number;
  /**
   * The minute by which the alert must fire: one evaluation (two minutes) after the onset, or after the end
   * of the grace in which the drift began.
   */
  readonly toldBy: number;
}

const days = 7;
const dayMinutes = 120;
export const weekMinutes = days * dayMinutes;
const hosts = Array.from({ length: 8 }, (_, index) => index + 1);
const rollouts = [45, 100];
const rolloutMinutes = 13;
const graceMinutes = 15;
const everyDay = Array.from({ length: days }, (_, day) => day);

const pick = <T>(list: readonly T[], index: number): T => list[index % list.length] as T;

/**
 * One drift a day, each on another host. The one of the third day begins
 * during a rollout and outlasts its grace.
 */
export const realDrifts: readonly RealDrift[] = everyDay.map((day) => {
  const [rollout = 0] = rollouts;
  const start = day * dayMinutes;
  const from = start + (day === 2 ? rollout + 2 : 70);
  const toldBy = 2 + (day === 2 ? start + rollout + graceMinutes : from);
  return { target: `api-${day + 1}`, from, until: from + 28, toldBy };
});

/** Returns the week of a host's target: small changes, two rollouts a day, and on some hosts a real drift. */
function hostStory(host: number, recording: Recording, marked: boolean): TargetStory {
  const target = `api-${host}`;
  const real = realDrifts.findIndex((drift) => drift.target === target);
  const drift = realDrifts[real];
  const segments: Segment[] = [{ from: 0, page: recording.healthy }];
  const during = (from: number, until: number, page: Page) =>
    segments.push({ from, page }, { from: until, page: recording.healthy });
  for (const day of everyDay) {
    const start = day * dayMinutes;
    during(start + 2 + host, start + 22 + host, pick(recording.harmless, day * hosts.length + host));
    for (const rollout of rollouts) {
      const at = start + rollout + host;
      const busy = drift !== undefined && at < drift.until && drift.from < start + rollout + rolloutMinutes;
      if (!busy) during(at, start + rollout + rolloutMinutes, recording.rollout);
    }
  }
  if (drift !== undefined) during(drift.from, drift.until, pick(recording.harmful, real));
  return {
    target,
    instance: `host-${host}:9464`,
    segments: segments.toSorted((a, b) => a.from - b.from),
    deployments: marked ? everyDay.flatMap((day) => rollouts.map((at) => day * dayMinutes + at)) : [],
  };
}

/**
 * Returns eight environments of CI tests, each created every day, broken on purpose for ten minutes, and
 * removed after twelve.
 */
function testStories(recording: Recording, name: (count: number) => string): TargetStory[] {
  return hosts.map((host) => ({
    target: name(host),
    instance: `host-${host}:9464`,
    segments: everyDay.flatMap((day) => {
      const from = day * dayMinutes + 3 + host * 12;
      return [
        { from, page: recording.healthy },
        { from: from + 1, page: pick(recording.harmful, day * hosts.length + host + day) },
        { from: from + 11, page: recording.healthy },
        { from: from + 12 },
      ];
    }),
    deployments: [],
  }));
}

/** Returns the series of the week for `job`: with grace and whitelisted names, or without both. */
export function week(recording: Recording, job: string, exempt: boolean) {
  const stories = [
    ...hosts.map((host) => hostStory(host, recording, exempt)),
    ...testStories(recording, (count) => (exempt ? `ci-${count}-test` : `it-${count}`)),
  ];
  const up = hosts.map((host) => ({
    series: `up{job="${job}",instance="host-${host}:9464"}`,
    values: `1x${weekMinutes}`,
  }));
  return [...up, ...stories.flatMap((story) => [...pageSeries(story, job), ...stampSeries(story, job)])];
}

/** Returns all series of a target's pages in promtool's notation, with a sample per minute. */
function pageSeries({ target, instance, segments }: TargetStory, job: string) {
  const values = segments.map(
    ({ page }) => new Map((page ?? []).map((line) => split(line, target, instance, job))),
  );
  const names = new Set(values.flatMap((page) => [...page.keys()]));
  return [...names].map((series) => {
    const parts: string[] = [];
    const first = segments[0]?.from ?? 0;
    if (first > 0) parts.push(`_x${first}`);
    let present = false;
    segments.forEach(({ from }, index) => {
      const samples = (segments[index + 1]?.from ?? weekMinutes) - from;
      const value = values[index]?.get(series);
      if (samples > 0 && value !== undefined) parts.push(`${value}x${samples - 1}`);
      else if (samples > 0) parts.push(present ? 'stale' : '_', ...(samples > 1 ? [`_x${samples - 1}`] : []));
      if (samples > 0) present = value !== undefined;
    });
    return { series, values: parts.join(' ') };
  });
}

function split(line: string, target: string, instance: string, job: string): [series: string, value: string] {
  const end = line.lastIndexOf(' ');
  const series = line
    .slice(0, end)
    .replace(/\{target="[^"]*"/, `{job="${job}",instance="${instance}",target="${target}"`)
    .replace(/workspace="[^"]*"/, 'workspace="/src/app"');
  return [series, line.slice(end + 1)];
}

function stampSeries({ target, instance, deployments }: TargetStory, job: string) {
  if (deployments.length === 0) return [];
  const values = deployments.map((from, index) => {
    const samples = (deployments[index + 1] ?? weekMinutes) - from;
    return `${from * 60}x${samples - 1}`;
  });
  return [
    {
      series: `godrift_deployment_timestamp_seconds{job="${job}",instance="${instance}",target="${target}"}`,
      values: [`_x${deployments[0]}`, ...values].join(' '),
    },
  ];
}
