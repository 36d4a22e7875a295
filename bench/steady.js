// What a resident exporter of 200 targets takes: when nothing changes, beside an older one at the same time, and while it reads what builds
// brought into the cache.
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fill } from './shared/build-cache.js';
import { memoryMb, shares, startFleet } from './shared/fleet.js';

const program = path.resolve(import.meta.dirname, '../dist/godrift.js');
const count = 200;

const percent = (part) => `${(part * 100).toFixed(2)} %`;
const megabytes = (mb) => `${mb.toFixed(0)} MB`;

export default {
  name: 'steady',
  async run({ older }) {
    if (process.platform !== 'linux') return [];
    const now = await startFleet(program, count);
    let before;
    try {
      before = older === undefined ? undefined : await startFleet(older, count);
      const most = memoryMb(now.pid, 'VmHWM');
      // The audits of the first minute are no idling.
      await delay(60_000);
      const [idle, was] = await shares(
        [now, before].filter(Boolean).map(({ pid }) => pid),
        60,
      );
      const resident = memoryMb(now.pid, 'VmRSS');
      await before?.stop();
      const cache = path.join(now.home, '.cache/go-build');
      mkdirSync(cache, { recursive: true });
      fill(cache, 2.5e9);
      const [audit] = await shares([now.pid], 90);
      return [
        {
          what: `${count} targets every 15 s, nothing changes`,
          value: percent(idle),
          peer: 'a core',
          ratio: idle,
          budget: '< 0.01',
          ok: idle < 0.01,
        },
        ...(was === undefined
          ? []
          : [
              {
                what: 'the same, beside an older build',
                value: percent(idle),
                peer: `older ${percent(was)}`,
                ratio: idle / was,
                budget: '<= 0.25',
                ok: idle / was <= 0.25,
              },
            ]),
        {
          what: 'beyond that, 2.5 GB new in the cache',
          value: percent(audit - idle),
          peer: 'a core',
          ratio: audit - idle,
          budget: '<= 0.10',
          ok: audit - idle <= 0.1,
        },
        { what: 'resident memory then', value: megabytes(resident), budget: '< 150 MB', ok: resident < 150 },
        { what: 'most resident memory before', value: megabytes(most) },
      ];
    } finally {
      await now.stop();
    }
  },
};
