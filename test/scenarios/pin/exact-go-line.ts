import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { bin, gomod } from '../site.ts';

export const scenario: Scenario = {
  title: 'a workspace that takes its go line to the letter',
  on: ['1.26.0'],
  files: { ...gomod('go 1.26.0'), '.godrift.yml': 'pins: {go_mod: exact}\n' },
  drift: (site) => site.first(bin('1.27.4')),
  go: { run: 'go version', says: /go1\.27\.4 / },
  finds: [{ kind: 'pin', rule: 'pin-go-mod', level: 'minor' }],
  repair: byHand(/^put a go1\.26\.0 first on PATH/, (site) => site.first(bin('1.26.0'))),
  healed: { says: /go1\.26\.0 / },
};
