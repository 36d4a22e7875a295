import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  title: 'a tree that lacks packages of the standard library',
  on: ['1.27.4', '1.21.13'],
  clone: { at: 'sdk/go', own: ['src'] },
  files: { 'app.go': 'package app\n\nimport _ "strings"\n' },
  drift: (site) => {
    for (const name of ['strings', 'vendor'])
      renameSync(join(site.goroot, 'src', name), join(site.home, name));
  },
  go: { run: 'go build ./...', exit: 1, says: /strings is not in std/ },
  finds: [{ rule: 'toolchain-partial', says: /there is no src\/strings, src\/vendor/ }],
  repair: byHand(/unpack the toolchain again/, (site) => {
    for (const name of ['strings', 'vendor'])
      renameSync(join(site.home, name), join(site.goroot, 'src', name));
  }),
};
