import { inShell } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { main, sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'CGO_ENABLED=0 appears: other files of the standard library are compiled',
  on: ['1.26.0'],
  files: main('net.LookupHost("localhost")', 'net'),
  baseline: 'accepted',
  world: sets({ CGO_ENABLED: '' }),
  drift: sets({ CGO_ENABLED: '0' }),
  go: { run: 'go list -f "{{len .CgoFiles}}" net', says: /^0$/ },
  finds: [{ kind: 'drift', rule: 'added', level: 'minor', key: 'env.CGO_ENABLED' }],
  repair: inShell(/^(unset CGO_ENABLED) \(or/),
  healed: { says: /^[1-9]/ },
};
