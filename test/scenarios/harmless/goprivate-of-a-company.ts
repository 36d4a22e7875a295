import type { Harmless } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Harmless = {
  title: 'GOPRIVATE of a company',
  on: ['1.26.0'],
  world: sets({ GOPRIVATE: 'corp.example.com,github.com/corp/*' }),
};
