import type { Harmless } from '../scenario.ts';

export const scenario: Harmless = {
  title: '.tool-versions gets other tools, and a second Go',
  on: ['1.27.4'],
  files: { '.tool-versions': 'golang 1.27.4\n' },
  change: (site) => site.write('.tool-versions', 'nodejs 20.20.2\ngolang 1.26.0 1.27.4\n# end\n'),
};
