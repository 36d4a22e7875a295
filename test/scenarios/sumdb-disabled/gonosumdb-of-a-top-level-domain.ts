import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'GONOSUMDB=*.com, which covers github.com',
  on: ['1.27.4'],
  drift: sets({ GONOSUMDB: '*.com' }),
  go: { run: 'go build ./...' },
  finds: [{ rule: 'sumdb-disabled' }],
  repair: byHand(/narrow GONOSUMDB to your own paths/, sets({ GONOSUMDB: '*.corp.example.com' })),
};
