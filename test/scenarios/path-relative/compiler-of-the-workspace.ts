import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { bin } from '../site.ts';

export const scenario: Scenario = {
  title: 'an empty entry of PATH, and the workspace has a gcc',
  on: ['1.27.4'],
  files: {
    'go.mod': 'module example.com/app\n\ngo 1.21\n',
    'app.go': 'package app\n\n// int one() { return 1; }\nimport "C"\n\nvar One = int(C.one())\n',
  },
  drift: (site) => {
    site.write('gcc', '#!/bin/sh\nexec /usr/bin/gcc "$@"\n');
    chmodSync(join(site.workspace, 'gcc'), 0o755);
    site.env.PATH = `${bin('1.27.4')}::/usr/bin:/bin`;
  },
  go: { run: 'CGO_ENABLED=1 go build ./...', exit: 1, says: /relative to current directory/ },
  finds: [{ rule: 'path-relative', level: 'patch', says: /gcc there: go refuses to start/ }],
  repair: byHand(/take the relative entries and needless colons off PATH/, (site) => {
    site.env.PATH = `${bin('1.27.4')}:/usr/bin:/bin`;
  }),
};
