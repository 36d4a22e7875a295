import { join } from 'node:path';
import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'a tree unpacked into ~/go, where GOPATH is by default',
  on: ['1.26.0'],
  clone: { at: 'go' },
  world: (site) => sets({ GOPATH: join(site.home, 'gopath') })(site),
  drift: (site) => {
    delete site.env.GOPATH;
  },
  go: { run: 'go build ./...', says: /warning: both GOPATH and GOROOT are the same directory/ },
  finds: [{ rule: 'gopath-is-goroot' }],
  repair: byHand(/set GOPATH to another directory/, (site) =>
    sets({ GOPATH: join(site.home, 'work') })(site),
  ),
  healed: { says: /^$/ },
};
