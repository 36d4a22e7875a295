import { sumLines } from '../../lab/module-proxy.ts';
import { appOfModules, dep, download, requiring } from '../modules.ts';
import type { Harmless } from '../scenario.ts';

const modules = [
  {
    ...dep('a', 'v1.0.0', ['example.com/t v1.0.0']),
    files: {
      'a.go': 'package a\n\nconst V = "a"\n',
      'a_test.go': 'package a\n\nimport _ "example.com/t"\n',
      'testutil/x.go': 'package testutil\n\nimport _ "example.com/t"\n',
    },
  },
  dep('t'),
];

export const scenario: Harmless = {
  title: 'go.sum has a module that only tests and unused packages of others import from',
  on: ['1.27.4', '1.21.13'],
  needs: 'modules',
  files: {
    ...appOfModules,
    'go.mod': requiring('require example.com/a v1.0.0'),
    'go.sum': sumLines(modules),
  },
  world: (site) => download(site, modules),
};
