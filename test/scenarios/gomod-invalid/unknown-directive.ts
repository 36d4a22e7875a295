import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { bin } from '../site.ts';

export const scenario: Scenario = {
  title: 'a tool line and a go that does not know it',
  on: ['1.21.13'],
  needs: 'modules',
  drift: (site) => site.write('go.mod', 'module example.com/app\n\ngo 1.21\n\ntool example.com/app/cmd\n'),
  go: { run: 'go build ./...', exit: 1, says: /unknown directive: tool/ },
  finds: [{ rule: 'gomod-invalid' }],
  repair: byHand(/put a go >= 1\.24 first on PATH/, (site) => site.first(bin('1.27.4'))),
};
