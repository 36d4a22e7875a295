import { appOfModules, download, requiring } from '../modules.ts';
import { inShell } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  title: 'a line of a module that only others import from, lost in a merge',
  on: ['1.27.4', '1.24.13', '1.21.13'],
  needs: 'modules',
  files: appOfModules,
  world: (site) => download(site),
  drift: (site) => site.write('go.mod', requiring('require example.com/a v1.0.0')),
  go: { run: 'go build ./...', exit: 1, says: /updates to go.mod needed/ },
  finds: [{ rule: 'requirement-overridden', level: 'major', says: /go\.mod does not name example\.com\/b/ }],
  repair: inShell(/^(go mod edit -require=example\.com\/b@v1\.0\.0), or go mod tidy/),
};
