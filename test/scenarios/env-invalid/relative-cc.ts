import { unsets } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'CC=./cc, a wrapper in the workspace',
  on: ['1.21.13'],
  drift: sets({ CC: './cc' }),
  go: { run: 'go build ./...', exit: 1, says: /CC environment variable is relative; must be absolute path/ },
  finds: [{ rule: 'env-invalid' }, { rule: 'cgo-no-compiler' }],
  repair: unsets('CC'),
};
