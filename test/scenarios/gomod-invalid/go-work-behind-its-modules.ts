import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  title: 'go.work names an older Go than a module that it uses',
  on: ['1.26.0'],
  needs: 'modules',
  files: { 'go.work': 'go 1.21\n\nuse .\n' },
  drift: (site) => site.write('go.mod', 'module example.com/app\n\ngo 1.25\n'),
  go: { run: 'go build ./...', exit: 1, says: /but go\.work lists go 1\.21/ },
  finds: [{ rule: 'gomod-invalid', says: /go\.work:1: .*module \. requires go >= 1\.25/ }],
  repair: byHand(/^run (go work use), which raises the go line/, async (site, [, command]) => {
    await site.shell(command as string);
  }),
};
