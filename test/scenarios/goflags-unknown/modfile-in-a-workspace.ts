import { unsets } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'a go.mod of its own for tools, where a go.work takes effect',
  on: ['1.27.4', '1.21.13'],
  files: { 'go.work': 'go 1.21\n\nuse .\n', 'tools.mod': 'module example.com/app\n\ngo 1.21\n' },
  drift: sets({ GOFLAGS: '-modfile=tools.mod' }),
  go: { run: 'go build ./...', exit: 1, says: /-modfile cannot be used in workspace mode/ },
  finds: [{ rule: 'goflags-unknown' }],
  repair: unsets('GOFLAGS'),
};
