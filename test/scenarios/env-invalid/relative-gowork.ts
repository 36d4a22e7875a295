import { unsets } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'a relative GOWORK',
  on: ['1.26.0'],
  files: { 'go.work': 'go 1.21\n\nuse .\n' },
  drift: sets({ GOWORK: 'go.work' }),
  go: { run: 'go build ./...', exit: 1, says: /invalid GOWORK: not an absolute path/ },
  finds: [{ rule: 'env-invalid' }],
  repair: unsets('GOWORK'),
};
