import { inShell } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { main, sets } from '../site.ts';

export const scenario: Scenario = {
  title: '-race without a C compiler: no program can be built, with cgo or without',
  on: ['1.26.0', '1.21.13'],
  files: main(),
  world: sets({ GOFLAGS: '-race' }),
  drift: sets({ CC: 'nosuch-cc', CGO_ENABLED: '1' }),
  go: { run: 'go build -o /dev/null .', exit: 1, says: /C compiler "nosuch-cc" not found/ },
  finds: [{ rule: 'cgo-no-compiler', level: 'major', says: /with -race every program fails/ }],
  repair: inShell(/or (unset CC)$/),
};
