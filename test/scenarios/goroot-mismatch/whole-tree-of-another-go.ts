import { unsets } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sdk } from '../site.ts';

export const scenario: Scenario = {
  title:
    'a stale GOROOT after an accepted digest: the tree that it names is whole, and nothing is to be unpacked again',
  source: 'speakeasy-api/gram#4460',
  on: ['1.27.4'],
  baseline: 'accepted',
  check: ['--cache'],
  drift: (site) => {
    site.env.GOROOT = sdk('1.26.0').goroot;
  },
  go: { run: 'go build -a ./...', exit: 1, says: /does not match go tool version/ },
  finds: [{ rule: 'goroot-mismatch' }, { kind: 'drift', rule: 'added', level: 'minor', key: 'env.GOROOT' }],
  repair: unsets('GOROOT'),
};
