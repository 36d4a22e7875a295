// Eight hours of a busy fleet in ten minutes (`SOAK_SECONDS` for another length): drifts and heals at random over 20 targets beside a model of what
// must be told. Every onset and every end is in the journal once and in order, the page shows what the model says, memory and descriptors stay flat.
import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { untilPage } from './shared/exporter.js';
import { memoryMb, startFleet } from './shared/fleet.js';

const program = path.resolve(import.meta.dirname, '../dist/godrift.js');
const count = 20;
const seconds = Number(process.env.SOAK_SECONDS ?? 600);
/** A change comes that often, ms; eight hours of one each twelve seconds are as many. */
const everyMs = 250;

/** A sequence that is the same in each run, so that a failure can be had again (Park and Miller). */
function numbers(seed) {
  let state = seed;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}

/** What may happen to a target: a file, and its text when it has drifted and when not. */
const changes = [
  { facet: 'env', file: (home, name) => path.join(home, `${name}.goenv`), on: 'CGO_ENABLED=0\n', off: '' },
  {
    facet: 'modules',
    file: (home, name) => path.join(home, 'src', name, 'go.mod'),
    on: (name) => `module example.com/${name.replace('-', '')}\n\ngo 1.22\n`,
    off: (name) => `module example.com/${name.replace('-', '')}\n\ngo 1.21\n`,
  },
];
const textOf = (text, name) => (typeof text === 'string' ? text : text(name));

/** Lines of the journal that begin or end drifts, by target and facet, in order. */
function told(state) {
  const found = new Map();
  const directory = path.join(state, 'journal');
  for (const name of readdirSync(directory).sort()) {
    for (const line of readFileSync(path.join(directory, name), 'utf8').trim().split('\n')) {
      const record = JSON.parse(line);
      if (record.type !== 'drift' && record.type !== 'resolved') continue;
      for (const facet of record.facets) {
        const key = `${record.target}/${facet}`;
        found.set(key, [...(found.get(key) ?? []), record.type]);
      }
    }
  }
  return found;
}

/** Where what was told of a target's facet leaves what happened, in words. */
function difference(key, expected, told) {
  const [wanted, got] = [expected.get(key) ?? [], told.get(key) ?? []];
  const at = Math.max(wanted.length, got.length);
  const first = Array.from({ length: at }, (_, index) => index).find((index) => wanted[index] !== got[index]);
  return `${key}, event ${first + 1} of ${wanted.length}: ${got[first] ?? 'nothing'} for ${wanted[first] ?? 'nothing'}`;
}

/** Growth of a series in units an hour, by least squares; points are [seconds, value]. */
function slopeAnHour(points) {
  const mean = (at) => points.reduce((sum, point) => sum + point[at], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const over = points.reduce((sum, [a, b]) => sum + (a - x) * (b - y), 0);
  const under = points.reduce((sum, [a]) => sum + (a - x) ** 2, 0);
  return (over / under) * 3600;
}

export default {
  name: 'soak',
  async run() {
    if (process.platform !== 'linux') return [];
    const fleet = await startFleet(program, count, { interval: '1s' });
    const patience = { everyMs: 100, limitMs: 120_000 };
    try {
      await untilPage(fleet.url, (page) => page.split('kind="learned"').length > count, patience);
      const next = numbers(20_261_129);
      const model = new Map();
      const expected = new Map();
      const [memory, descriptors] = [[], []];
      const begin = performance.now();
      let made = 0;
      while (performance.now() - begin < seconds * 1000) {
        const { name } = fleet.targets[next(count)];
        const change = changes[next(changes.length)];
        const key = `${name}/${change.facet}`;
        const isOn = !(model.get(key) ?? false);
        model.set(key, isOn);
        expected.set(key, [...(expected.get(key) ?? []), isOn ? 'drift' : 'resolved']);
        // At once: of a file that is written in place a look may see the beginning, and tell of that.
        const file = change.file(fleet.home, name);
        writeFileSync(`${file}.new`, textOf(isOn ? change.on : change.off, name));
        renameSync(`${file}.new`, file);
        made++;
        // The next change of a target may not come before this one was seen: it would hide it.
        const level = new RegExp(
          `^godrift_drift_level\\{target="${name}",facet="${change.facet}"\\} ([0-9]+)$`,
          'm',
        );
        await untilPage(fleet.url, (page) => Number(level.exec(page)?.[1] ?? 0) > 0 === isOn, patience);
        const at = (performance.now() - begin) / 1000;
        memory.push([at, memoryMb(fleet.pid, 'VmRSS')]);
        descriptors.push([at, readdirSync(`/proc/${fleet.pid}/fd`).length]);
        await delay(everyMs);
      }
      await delay(2_000);
      const journal = told(path.join(fleet.home, 'state'));
      const wrong = [...new Set([...expected.keys(), ...journal.keys()])].filter(
        (key) => JSON.stringify(expected.get(key)) !== JSON.stringify(journal.get(key)),
      );
      // Caches fill in the first third.
      const later = (points) => points.filter(([at]) => at > seconds / 3);
      const grown = slopeAnHour(later(memory));
      const opened = slopeAnHour(later(descriptors));
      return [
        {
          what: `${made} changes of ${count} targets, told wrongly`,
          value: `${wrong.length}`,
          ...(wrong.length === 0 ? {} : { peer: difference(wrong[0], expected, journal) }),
          budget: '0',
          ok: wrong.length === 0,
        },
        {
          what: 'resident memory at the end',
          value: `${memory.at(-1)[1].toFixed(0)} MB`,
          peer: `${grown.toFixed(1)} MB an hour`,
          budget: '< 30 MB an hour',
          ok: grown < 30,
        },
        {
          what: 'descriptors at the end',
          value: `${descriptors.at(-1)[1]}`,
          peer: `${opened.toFixed(1)} an hour`,
          budget: '< 10 an hour',
          ok: opened < 10,
        },
      ];
    } finally {
      await fleet.stop();
    }
  },
};
