import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { goenv } from '../site.ts';

export const scenario: Scenario = {
  title: 'a line for the shell',
  on: ['1.26.0'],
  drift: goenv('export GOFLAGS=-nosuch\n'),
  go: { run: 'go build ./...', says: /^$/ },
  finds: [{ rule: 'goenv-ignored' }],
  repair: byHand(/correct or remove line 1/, goenv('')),
};
