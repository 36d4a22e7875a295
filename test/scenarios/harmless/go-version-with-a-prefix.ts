import type { Harmless } from '../scenario.ts';

export const scenario: Harmless = {
  title: '.go-version with a prefix, a comment and another end of line',
  on: ['1.26.0'],
  files: { '.go-version': '1.26.0' },
  change: (site) => site.write('.go-version', '# ours\r\ngo1.26.0\r\n'),
};
