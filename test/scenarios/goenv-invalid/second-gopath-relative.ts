import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { goenv } from '../site.ts';

export const scenario: Scenario = {
  title: 'the line GOPATH=/tmp/a:b',
  on: ['1.26.0'],
  world: goenv('# mine\n'),
  drift: goenv('# mine\nGOPATH=/tmp/a:b\n'),
  go: { run: 'go build ./...', exit: 2, says: /GOPATH entry is relative/ },
  finds: [{ rule: 'goenv-invalid' }, { rule: 'gopath-is-goroot' }],
  repair: byHand(/^take b out of line 2 \(GOPATH=…\) of \S+/, (site) =>
    site.goenv('# mine\nGOPATH=/tmp/a\n'),
  ),
};
