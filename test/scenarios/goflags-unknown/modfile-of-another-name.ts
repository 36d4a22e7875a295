import { unsets } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Scenario = {
  title: '-modfile with a name that is none of a go.mod',
  on: ['1.27.4'],
  files: { 'tools.txt': 'module example.com/app\n' },
  drift: sets({ GOFLAGS: '-modfile=tools.txt' }),
  go: { run: 'go build ./...', exit: 1, says: /file does not have \.mod extension/ },
  finds: [{ rule: 'goflags-unknown' }],
  repair: unsets('GOFLAGS'),
};
