import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { bin } from '../site.ts';

export const scenario: Scenario = {
  title: 'Go leaves PATH: the compilers and the settings that stayed are not said to be gone',
  source: 'compozy/compozy#433',
  on: ['1.26.0'],
  baseline: 'accepted',
  world: (site) => {
    site.env.GOFLAGS = '-trimpath';
  },
  drift: (site) => {
    site.env.PATH = '/usr/bin:/bin';
  },
  go: { run: 'go version', exit: 127, says: /not found/ },
  finds: [
    { rule: 'go-missing' },
    { kind: 'drift', rule: 'removed', level: 'major', key: 'toolchain.version' },
  ],
  repair: byHand(/install Go|on PATH/, (site) => site.first(bin('1.26.0'))),
};
