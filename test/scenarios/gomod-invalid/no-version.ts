import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  title: 'a go line that is no version',
  on: ['1.27.4'],
  needs: 'modules',
  drift: (site) => site.write('go.mod', 'module example.com/app\n\ngo 1.x\n'),
  go: { run: 'go build ./...', exit: 1, says: /invalid go version '1\.x'/ },
  finds: [{ rule: 'gomod-invalid' }],
  repair: byHand(/^correct (.*go\.mod):3$/, (site) =>
    site.write('go.mod', 'module example.com/app\n\ngo 1.21\n'),
  ),
};
