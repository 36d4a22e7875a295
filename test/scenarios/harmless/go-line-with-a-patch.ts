import type { Harmless } from '../scenario.ts';

export const scenario: Harmless = {
  title: 'go 1.21 becomes go 1.21.0',
  on: ['1.26.0'],
  change: (site) => site.write('go.mod', 'module example.com/app\n\ngo 1.21.0\n'),
};
