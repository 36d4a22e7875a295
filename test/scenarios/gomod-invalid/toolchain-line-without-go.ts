import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  title: 'a toolchain line with a bare version',
  on: ['1.27.4', '1.21.13'],
  drift: (site) => site.write('go.mod', 'module example.com/app\n\ngo 1.21\n\ntoolchain 1.21.13\n'),
  go: { run: 'go build ./...', exit: 1, says: /invalid toolchain/ },
  finds: [{ rule: 'gomod-invalid' }, { rule: 'toolchain-not-installed' }],
  repair: byHand(/go\.mod/, (site) => site.write('go.mod', 'module example.com/app\n\ngo 1.21\n')),
};
