import { unsets } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'a relative GOPATH in the process environment',
  on: ['1.26.0'],
  drift: sets({ GOPATH: 'go' }),
  go: { run: 'go build ./...', exit: 2, says: /GOPATH entry is relative/ },
  finds: [{ rule: 'gopath-is-goroot' }, { rule: 'env-invalid' }],
  repair: unsets('GOPATH'),
};
