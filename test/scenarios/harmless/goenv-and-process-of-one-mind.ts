import type { Harmless } from '../scenario.ts';

export const scenario: Harmless = {
  title: 'GOENV and the process of one mind',
  on: ['1.26.0'],
  world: (site) => {
    site.goenv('GOPRIVATE=corp.example.com\n');
    site.env.GOPRIVATE = 'corp.example.com';
  },
};
