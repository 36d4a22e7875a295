import { rollsBack } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { goenv, linkOnPath } from '../site.ts';

export const scenario: Scenario = {
  title: 'GOTOOLCHAIN in GOENV makes another Go of all builds',
  on: ['1.27.4'],
  baseline: 'accepted',
  world: (site) => linkOnPath(site, '1.26.0'),
  drift: goenv('GOTOOLCHAIN=go1.26.0\n'),
  go: { run: 'go version', says: /go1\.26\.0 / },
  finds: [
    { kind: 'drift', rule: 'changed', level: 'minor', key: 'toolchain.version' },
    { kind: 'drift', rule: 'added', level: 'minor', key: 'env.GOTOOLCHAIN' },
  ],
  repair: rollsBack(/remove the file, which did not exist/),
  healed: { says: /go1\.27\.4 / },
};
