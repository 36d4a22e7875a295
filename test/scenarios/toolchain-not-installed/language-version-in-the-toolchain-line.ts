import { byHand, withoutLine } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  title: 'a toolchain line that is no toolchain for this go',
  on: ['1.26.0'],
  drift: (site) => site.write('go.mod', 'module example.com/app\n\ngo 1.26\n\ntoolchain go1.27\n'),
  go: { run: 'go version', exit: 1, says: /language version but not a toolchain version/ },
  finds: [{ rule: 'toolchain-not-installed' }, { kind: 'pin', rule: 'pin-toolchain-line', level: 'minor' }],
  repair: byHand(/correct the toolchain line in (\S+):(\d+)/, (_, [, file = '', line]) =>
    withoutLine(file, Number(line)),
  ),
};
