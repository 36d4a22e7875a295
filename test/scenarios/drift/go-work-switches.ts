import { rollsBack } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { linkOnPath } from '../site.ts';

export const scenario: Scenario = {
  title: 'a go.work whose go line wants more switches too',
  on: ['1.24.13'],
  baseline: 'accepted',
  world: (site) => linkOnPath(site, '1.26.0'),
  drift: (site) => site.write('go.work', 'go 1.26.0\n\nuse .\n'),
  go: { run: 'go version', says: /go1\.26\.0 / },
  finds: [{ kind: 'drift', rule: 'changed', level: 'minor', key: 'toolchain.version' }],
  repair: rollsBack(/remove the file, which did not exist/),
  healed: { says: /go1\.24\.13 / },
};
