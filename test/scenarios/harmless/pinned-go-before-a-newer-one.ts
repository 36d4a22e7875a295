import type { Harmless } from '../scenario.ts';
import { bin } from '../site.ts';

export const scenario: Harmless = {
  title: 'the Go that .go-version names comes before a newer one on PATH',
  on: ['1.27.4'],
  files: { '.go-version': '1.26\n' },
  world: (site) => site.first(bin('1.26.0')),
  silent: true,
};
