import type { Harmless } from '../scenario.ts';

export const scenario: Harmless = {
  title: 'GOENV=off',
  on: ['1.26.0'],
  world: (site) => {
    site.goenv('GOFLAGS=-nosuch\n');
    site.env.GOENV = 'off';
  },
};
