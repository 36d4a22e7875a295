import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { bin } from '../site.ts';

export const scenario: Scenario = {
  title: 'the workspace pins a Go that the machine has left behind',
  on: ['1.26.0'],
  files: { '.godrift.yml': 'pins: {go: "1.26"}\n' },
  drift: (site) => site.first(bin('1.27.0')),
  go: { run: 'go version', says: /go1\.27\.0 / },
  finds: [{ kind: 'pin', rule: 'pin-config', level: 'minor' }],
  repair: byHand(/^put a go1\.26 first on PATH/, (site) => site.first(bin('1.26.0'))),
  healed: { says: /go1\.26\.0 / },
};
