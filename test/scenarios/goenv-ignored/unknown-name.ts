import { byHand, withoutLine } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { goenv } from '../site.ts';

export const scenario: Scenario = {
  title: 'a name that go does not know',
  on: ['1.27.4'],
  drift: goenv('GOFLAG=-nosuch\n'),
  go: { run: 'go build ./...', says: /^$/ },
  finds: [{ rule: 'goenv-ignored' }],
  repair: byHand(/remove line (1) of (\S+)/, (_, [, line, file = '']) => withoutLine(file, Number(line))),
};
