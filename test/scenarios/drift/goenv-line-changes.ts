import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { goenv } from '../site.ts';

export const scenario: Scenario = {
  title: 'a line of GOENV changes',
  on: ['1.26.0'],
  baseline: 'committed',
  world: goenv('GOPRIVATE=corp.example.com\nGOFLAGS=-trimpath\n'),
  drift: goenv('GOPRIVATE=corp.example.com\nGOFLAGS=-tags=debug\n'),
  go: { run: 'go env GOFLAGS', says: /^-tags=debug$/ },
  finds: [{ kind: 'drift', rule: 'changed', level: 'minor', key: 'env.GOFLAGS' }],
  repair: byHand(/has (GOFLAGS=-trimpath): .* correct it at (\S+):2, or/, (site, [, line]) =>
    site.goenv(`GOPRIVATE=corp.example.com\n${line}\n`),
  ),
  healed: { says: /^-trimpath$/ },
};
