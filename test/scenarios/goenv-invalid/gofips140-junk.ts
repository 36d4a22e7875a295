import { removesLine } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { goenv } from '../site.ts';

export const scenario: Scenario = {
  title: 'GOFIPS140 in GOENV, a word that it does not take',
  on: ['1.27.4'],
  drift: goenv('GOFIPS140=yes\n'),
  go: { run: 'go build ./...', exit: 1, says: /unknown GOFIPS140 version "yes"/ },
  finds: [{ rule: 'goenv-invalid' }],
  repair: removesLine(1, 'GOFIPS140'),
};
