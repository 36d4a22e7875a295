import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  title: 'an editor wrote a byte order mark into go.mod',
  on: ['1.27.4', '1.21.13'],
  drift: (site) => site.write('go.mod', '\ufeffmodule example.com/app\n\ngo 1.21\n'),
  go: { run: 'go build ./...', exit: 1, says: /errors parsing go\.mod/ },
  finds: [{ rule: 'gomod-invalid' }],
  repair: byHand(/go\.mod/, (site) => site.write('go.mod', 'module example.com/app\n\ngo 1.21\n')),
};
