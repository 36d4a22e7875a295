import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { goenv } from '../site.ts';

export const scenario: Scenario = {
  title: 'a go.mod of its own for tools, by GOFLAGS, that is gone',
  on: ['1.26.0'],
  drift: goenv('GOFLAGS=-modfile=tools.mod\n'),
  go: { run: 'go build ./...', exit: 1, says: /tools\.mod: no such file or directory/ },
  finds: [{ rule: 'goflags-file-missing' }],
  repair: byHand(/^(remove line 1 \(GOFLAGS=…\))/, goenv('')),
};
