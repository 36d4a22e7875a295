import { appOfModules, download, requiresBoth, requiring } from '../modules.ts';
import { inShell } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  title: 'a line of a module that the workspace itself imports from, and that others require too',
  on: ['1.27.4'],
  needs: 'modules',
  files: {
    ...appOfModules,
    'go.mod': requiring(...requiresBoth),
    'app.go': 'package app\n\nimport (\n\t_ "example.com/a"\n\t_ "example.com/b"\n)\n',
  },
  world: (site) => download(site),
  drift: (site) => site.write('go.mod', requiring('require example.com/a v1.0.0')),
  go: { run: 'go build ./...', exit: 1, says: /updates to go.mod needed/ },
  finds: [{ rule: 'requirement-overridden', level: 'major', says: /does not name example\.com\/b/ }],
  repair: inShell(/^(go mod edit -require=example\.com\/b@v1\.0\.0), or go mod tidy/),
};
