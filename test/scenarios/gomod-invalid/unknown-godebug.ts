import { join } from 'node:path';
import { byHand, withoutLine } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  title: 'a godebug line that this Go does not know',
  on: ['1.27.4'],
  needs: 'modules',
  drift: (site) => site.write('go.mod', 'module example.com/app\n\ngo 1.27\n\ngodebug nosuch=1\n'),
  go: { run: 'go build ./...', exit: 1, says: /unknown godebug "nosuch"/ },
  finds: [{ rule: 'gomod-invalid' }],
  repair: byHand(/go\.mod:(5)/, (site, [, line]) =>
    withoutLine(join(site.workspace, 'go.mod'), Number(line)),
  ),
};
