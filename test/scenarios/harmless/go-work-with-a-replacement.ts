import { appOfModules, download } from '../modules.ts';
import type { Harmless } from '../scenario.ts';

export const scenario: Harmless = {
  title: 'a go.work that replaces a module by a folder, and lists a second module',
  on: ['1.26.0'],
  needs: 'modules',
  files: {
    ...appOfModules,
    'go.work': 'go 1.21\n\nuse (\n\t.\n\t./lib\n)\n\nreplace example.com/b => ./fork\n',
    'lib/go.mod': 'module example.com/lib\n\ngo 1.20\n',
    'lib/lib.go': 'package lib\n',
    'fork/go.mod': 'module example.com/b\n',
    'fork/b.go': 'package b\n\nconst V = "fork"\n',
  },
  world: (site) => download(site),
};
