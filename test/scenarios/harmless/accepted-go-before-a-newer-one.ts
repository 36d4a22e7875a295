import type { Harmless } from '../scenario.ts';
import { bin } from '../site.ts';

export const scenario: Harmless = {
  title: 'an older Go comes before a newer one on PATH, and was accepted so',
  on: ['1.27.4'],
  world: (site) => site.first(bin('1.26.0')),
  change: (site) => site.write('b.go', 'package app\n'),
  silent: true,
};
