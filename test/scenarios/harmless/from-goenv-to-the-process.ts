import type { Harmless } from '../scenario.ts';
import { goenv } from '../site.ts';

export const scenario: Harmless = {
  title: 'the same value moves from GOENV to the process',
  on: ['1.26.0'],
  world: goenv('GOPRIVATE=corp.example.com\n'),
  change: (site) => {
    site.goenv('');
    site.env.GOPRIVATE = 'corp.example.com';
  },
};
