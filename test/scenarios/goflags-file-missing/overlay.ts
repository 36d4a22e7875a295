import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { unsets } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  title: 'an overlay of an editor that is gone',
  on: ['1.21.13'],
  world: (site) => {
    site.write('overlay.json', '{"Replace":{}}');
    site.env.GOFLAGS = `-overlay=${join(site.workspace, 'overlay.json')}`;
  },
  drift: (site) => rmSync(join(site.workspace, 'overlay.json')),
  go: { run: 'go build ./...', exit: 1, says: /overlay.*no such file or directory/ },
  finds: [{ rule: 'goflags-file-missing' }],
  repair: unsets('GOFLAGS'),
};
