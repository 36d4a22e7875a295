import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  title: 'conflict markers in go.mod',
  on: ['1.27.4', '1.21.13'],
  needs: 'modules',
  drift: (site) =>
    site.write('go.mod', 'module example.com/app\n<<<<<<< HEAD\ngo 1.21\n=======\ngo 1.22\n>>>>>>> x\n'),
  go: { run: 'GOTOOLCHAIN=local go build ./...', exit: 1, says: /errors parsing go.mod/ },
  finds: [{ rule: 'gomod-invalid' }],
  repair: byHand(/^correct .*go\.mod:2$/, (site) =>
    site.write('go.mod', 'module example.com/app\n\ngo 1.21\n'),
  ),
};
