import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { replace } from '../site.ts';

export const scenario: Scenario = {
  title: 'a new go unpacked over an old tree',
  on: ['1.26.0'],
  clone: { at: 'sdk/broken' },
  drift: (site) => replace(site, 'bin/go', '1.27.4'),
  go: { run: 'go build ./...', exit: 1, says: /does not match go tool version/ },
  finds: [{ rule: 'goroot-mixed' }],
  repair: byHand(/unpack one version into an empty directory/, (site) => replace(site, 'bin/go', '1.26.0')),
  source: 'gopherdata/gophernotes#259',
};
