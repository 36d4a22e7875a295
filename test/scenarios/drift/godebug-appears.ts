import { inShell } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'GODEBUG turns old behaviour on again',
  on: ['1.26.0'],
  baseline: 'accepted',
  drift: sets({ GODEBUG: 'x509negativeserial=1' }),
  go: { run: 'go env GODEBUG', says: /^x509negativeserial=1$/ },
  finds: [{ kind: 'drift', rule: 'added', level: 'minor', key: 'env.GODEBUG' }],
  repair: inShell(/^(unset GODEBUG) \(or/),
  healed: { says: /^$/ },
};
