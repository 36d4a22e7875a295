import { removesLine } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { goenv } from '../site.ts';

export const scenario: Scenario = {
  title: 'an experiment in GOENV that this go has never known',
  on: ['1.26.0'],
  drift: goenv('GOEXPERIMENT=fasterplease\n'),
  go: { run: 'go build ./...', exit: 1, says: /unknown GOEXPERIMENT fasterplease/ },
  finds: [{ rule: 'goexperiment-invalid' }],
  repair: removesLine(1, 'GOEXPERIMENT'),
};
