import { unsets } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Scenario = {
  title: '-mod=mod where a go.work takes effect',
  on: ['1.21.13'],
  files: { 'go.work': 'go 1.21\n\nuse .\n' },
  drift: sets({ GOFLAGS: '-mod=mod' }),
  go: { run: 'go build ./...', exit: 1, says: /-mod may only be set to readonly .*when in workspace mode/ },
  finds: [{ rule: 'goflags-unknown' }, { rule: 'goflags-rewrites-gomod' }],
  repair: unsets('GOFLAGS'),
};
