import { unsets } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'an experiment that has become the language',
  on: ['1.27.4'],
  drift: sets({ GOEXPERIMENT: 'rangefunc' }),
  go: { run: 'go build ./...', exit: 2, says: /unknown GOEXPERIMENT rangefunc/ },
  finds: [{ rule: 'goexperiment-invalid' }],
  repair: unsets('GOEXPERIMENT'),
};
