import { unsets } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'GOPATH equal to GOROOT',
  on: ['1.27.4'],
  clone: { at: 'sdk/own' },
  drift: (site) => sets({ GOPATH: site.goroot })(site),
  go: { run: 'go build ./...', says: /warning: both GOPATH and GOROOT are the same directory/ },
  finds: [{ rule: 'gopath-is-goroot' }],
  repair: unsets('GOPATH'),
  healed: { says: /^$/ },
};
