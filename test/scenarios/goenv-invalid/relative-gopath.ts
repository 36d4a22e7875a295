import { removesLine } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { goenv } from '../site.ts';

export const scenario: Scenario = {
  title: 'the line GOPATH=go',
  on: ['1.26.0'],
  world: goenv('# mine\n'),
  drift: goenv('# mine\nGOPATH=go\n'),
  go: { run: 'go build ./...', exit: 2, says: /GOPATH entry is relative/ },
  finds: [{ rule: 'goenv-invalid' }, { rule: 'gopath-is-goroot' }],
  repair: removesLine(2, 'GOPATH'),
};
