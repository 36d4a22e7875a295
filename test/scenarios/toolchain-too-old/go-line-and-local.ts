import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { bin, sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'the go line of go.mod goes up, and GOTOOLCHAIN=local',
  on: ['1.26.0'],
  world: sets({ GOTOOLCHAIN: 'local' }),
  drift: (site) => site.write('go.mod', 'module example.com/app\n\ngo 1.27.0\n'),
  go: {
    run: 'go build ./...',
    exit: 1,
    says: /requires go >= 1\.27\.0 \(running go 1\.26\.0; GOTOOLCHAIN=local\)/,
  },
  finds: [{ rule: 'toolchain-too-old' }, { kind: 'pin', rule: 'pin-go-mod', level: 'minor' }],
  repair: byHand(/put a go >= 1\.27\.0 first on PATH/, (site) => site.first(bin('1.27.4'))),
};
