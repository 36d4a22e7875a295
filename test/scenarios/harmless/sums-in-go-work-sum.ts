import { sumLines } from '../../lab/module-proxy.ts';
import { appOfModules, dep, depModules, download } from '../modules.ts';
import type { Harmless } from '../scenario.ts';

const [a = dep('a'), ...rest] = depModules;

export const scenario: Harmless = {
  title: 'a workspace of modules with some of its sums in go.work.sum',
  on: ['1.27.4', '1.21.13'],
  needs: 'modules',
  files: {
    ...appOfModules,
    'go.sum': sumLines([a]),
    'go.work.sum': sumLines(rest),
    'go.work': 'go 1.21\n\nuse .\n',
  },
  world: (site) => download(site),
};
