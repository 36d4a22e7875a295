import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { bin, sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'GOTOOLCHAIN names the old one that is there',
  on: ['1.26.0'],
  world: sets({ GOTOOLCHAIN: 'go1.26.0' }),
  drift: (site) => site.write('go.mod', 'module example.com/app\n\ngo 1.27.0\n'),
  go: { run: 'go build ./...', exit: 1, says: /requires go >= 1\.27\.0/ },
  finds: [{ rule: 'toolchain-too-old' }, { kind: 'pin', rule: 'pin-go-mod', level: 'minor' }],
  repair: byHand(/^unset GOTOOLCHAIN, and put a go >= 1\.27\.0 first on PATH/, (site) => {
    delete site.env.GOTOOLCHAIN;
    site.first(bin('1.27.0'));
  }),
};
