import { appOfModules, download, requiresBoth, requiring } from '../modules.ts';
import { inShell } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  title: 'a module that a merge left in go.mod twice, at two versions',
  on: ['1.27.4', '1.21.13'],
  needs: 'modules',
  files: appOfModules,
  world: (site) => download(site),
  drift: (site) =>
    site.write('go.mod', requiring(...requiresBoth, 'require example.com/b v1.0.1 // indirect')),
  go: { run: 'go build ./...', exit: 1, says: /updates to go.mod needed/ },
  finds: [{ rule: 'requirement-overridden', level: 'major' }],
  repair: inShell(/^(go get example\.com\/b@v1\.0\.1), or go mod tidy/),
};
