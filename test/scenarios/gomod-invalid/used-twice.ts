import { unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  title: 'a go.work uses two folders that hold the same module',
  on: ['1.27.4', '1.21.13'],
  drift: (site) => {
    site.write('copy/go.mod', 'module example.com/app\n\ngo 1.21\n');
    site.write('go.work', 'go 1.21\n\nuse (\n\t.\n\t./copy\n)\n');
  },
  go: { run: 'go build ./...', exit: 1, says: /appears multiple times in workspace/ },
  finds: [{ rule: 'gomod-invalid' }],
  repair: byHand(/./, (site) => unlinkSync(join(site.workspace, 'go.work'))),
};
