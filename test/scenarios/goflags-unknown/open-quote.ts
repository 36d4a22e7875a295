import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'a word that no quote ends',
  on: ['1.26.0'],
  drift: sets({ GOFLAGS: "'-ldflags=-s -w" }),
  go: { run: 'go build ./...', exit: 1, says: /parsing \$GOFLAGS: unterminated ' string/ },
  finds: [{ rule: 'goflags-unknown' }],
  repair: byHand(/^correct GOFLAGS; the other words of it stay/, (site) => {
    site.env['GOFLAGS'] = "'-ldflags=-s -w'";
  }),
};
