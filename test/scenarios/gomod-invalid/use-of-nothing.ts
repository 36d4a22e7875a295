import { byHand, withoutLine } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  title: 'a go.work that uses a directory without go.mod',
  on: ['1.26.0'],
  needs: 'modules',
  files: { 'go.work': 'go 1.21\n\nuse .\n' },
  drift: (site) => site.write('go.work', 'go 1.21\n\nuse .\nuse ./gone\n'),
  go: { run: 'go build ./...', exit: 1, says: /cannot load module .*gone listed in go.work/ },
  finds: [{ rule: 'gomod-invalid' }],
  repair: byHand(/^correct (.*go\.work):(4)$/, (_, [, file = '', line]) => withoutLine(file, Number(line))),
};
