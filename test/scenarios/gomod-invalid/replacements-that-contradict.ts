import { appOfModules, download } from '../modules.ts';
import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';

const lib = (...lines: string[]) => ['module example.com/lib', '', 'go 1.21', ...lines, ''].join('\n');

export const scenario: Scenario = {
  title: 'two modules of a workspace replace the same one differently',
  on: ['1.26.0'],
  needs: 'modules',
  files: {
    ...appOfModules,
    'go.mod': `${appOfModules['go.mod']}\nreplace example.com/b => ./fork\n`,
    'go.work': 'go 1.21\n\nuse (\n\t.\n\t./lib\n)\n',
    'lib/go.mod': lib(),
    'lib/lib.go': 'package lib\n',
    'fork/go.mod': 'module example.com/b\n',
    'fork/b.go': 'package b\n\nconst V = "fork"\n',
  },
  world: (site) => download(site),
  drift: (site) => site.write('lib/go.mod', lib('replace example.com/b => ../other')),
  go: { run: 'go build ./...', exit: 1, says: /conflicting replacements for example\.com\/b/ },
  finds: [{ rule: 'gomod-invalid' }],
  repair: byHand(/./, (site) => site.write('lib/go.mod', lib())),
};
