import { rollsBack } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { linkOnPath } from '../site.ts';

export const scenario: Scenario = {
  title: 'a toolchain line that a dependency update wrote switches without a word',
  on: ['1.26.0'],
  baseline: 'accepted',
  world: (site) => linkOnPath(site, '1.27.0'),
  drift: (site) => site.write('go.mod', 'module example.com/app\n\ngo 1.21\n\ntoolchain go1.27.0\n'),
  go: { run: 'go version', says: /go1\.27\.0 / },
  finds: [{ kind: 'drift', rule: 'changed', level: 'minor', key: 'toolchain.version' }],
  repair: rollsBack(/write the approved content/),
  healed: { says: /go1\.26\.0 / },
  source: 'golang/go#62409',
};
