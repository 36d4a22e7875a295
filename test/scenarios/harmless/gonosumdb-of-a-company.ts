import type { Harmless } from '../scenario.ts';
import { goenv } from '../site.ts';

export const scenario: Harmless = {
  title: 'GONOSUMDB of a company',
  on: ['1.26.0'],
  world: goenv('GONOSUMDB=*.corp.example.com\n'),
};
