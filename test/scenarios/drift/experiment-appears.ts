import { rollsBack } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { goenv } from '../site.ts';

export const scenario: Scenario = {
  title: 'GOEXPERIMENT that this Go knows: go says nothing, and compiles another program',
  on: ['1.26.0'],
  baseline: 'accepted',
  drift: goenv('GOEXPERIMENT=jsonv2\n'),
  go: { run: 'go list -f "{{len .GoFiles}}" encoding/json/v2', says: /^[1-9]/ },
  finds: [{ kind: 'drift', rule: 'added', level: 'minor', key: 'env.GOEXPERIMENT' }],
  repair: rollsBack(/remove the file, which did not exist/),
  healed: { exit: 1 },
};
