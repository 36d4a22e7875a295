import { renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  title: 'go.mod is a link to a file of the host that is none',
  on: ['1.27.4'],
  drift: (site) => {
    renameSync(join(site.workspace, 'go.mod'), join(site.home, 'go.mod.own'));
    site.write('../../secret.env', 'API_TOKEN=s3cr3t\ngo 1.21\n');
    symlinkSync(join(site.home, 'secret.env'), join(site.workspace, 'go.mod'));
  },
  go: { run: 'go build ./...', exit: 1, says: /s3cr3t/ },
  finds: [{ rule: 'file-outside', level: 'patch', key: 'modules.go_mod', says: /^(?!.*s3cr3t)/ }],
  repair: byHand(/replace the link with the file itself/, (site) => {
    rmSync(join(site.workspace, 'go.mod'));
    renameSync(join(site.home, 'go.mod.own'), join(site.workspace, 'go.mod'));
  }),
};
