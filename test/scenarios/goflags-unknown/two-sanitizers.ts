import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Scenario = {
  title: '-race and -msan together',
  on: ['1.26.0'],
  drift: sets({ GOFLAGS: '-race -msan' }),
  go: { run: 'go build ./...', exit: 2, says: /may not use -race and -msan simultaneously/ },
  finds: [{ rule: 'goflags-unknown' }],
  repair: byHand(/^correct GOFLAGS; the other words of it stay/, (site) => {
    site.env['GOFLAGS'] = '-tags=a';
  }),
};
