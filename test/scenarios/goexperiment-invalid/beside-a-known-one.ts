import { inShell } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'an unknown experiment beside one that is meant: that one stays',
  on: ['1.26.0'],
  world: sets({ GOEXPERIMENT: 'jsonv2' }),
  drift: sets({ GOEXPERIMENT: 'jsonv2,madeup' }),
  go: { run: 'go env GOEXPERIMENT', exit: 2, says: /unknown GOEXPERIMENT madeup/ },
  finds: [{ rule: 'goexperiment-invalid' }],
  repair: inShell(/^(export GOEXPERIMENT=jsonv2), without madeup/),
  healed: { says: /^jsonv2$/ },
};
