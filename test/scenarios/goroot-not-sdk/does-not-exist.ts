import { join } from 'node:path';
import { unsets } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'GOROOT does not exist',
  on: ['1.27.4'],
  drift: (site) => sets({ GOROOT: join(site.home, 'gone') })(site),
  go: { run: 'go build ./...', exit: 2, says: /cannot find GOROOT directory/ },
  finds: [{ rule: 'goroot-not-sdk' }, { rule: 'goroot-mismatch' }],
  repair: unsets('GOROOT'),
};
