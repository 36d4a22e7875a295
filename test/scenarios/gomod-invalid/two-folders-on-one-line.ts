import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  title: 'a use line of go.work that names two folders, the workspace among them',
  on: ['1.26.0', '1.27.4'],
  needs: 'modules',
  files: {
    'go.work': 'go 1.21\n\nuse (\n\t.\n\t./lib\n)\n',
    'lib/go.mod': 'module example.com/lib\n\ngo 1.21\n',
  },
  drift: (site) => site.write('go.work', 'go 1.21\n\nuse . ./lib\n'),
  go: { run: 'go build ./...', exit: 1, says: /usage: use local\/dir/ },
  finds: [{ rule: 'gomod-invalid' }],
  repair: byHand(/go\.work/, (site) => site.write('go.work', 'go 1.21\n\nuse (\n\t.\n\t./lib\n)\n')),
};
