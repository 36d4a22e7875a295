import type { Harmless } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Harmless = {
  title: 'another shell',
  on: ['1.26.0'],
  change: sets({ SHELL: '/usr/bin/zsh', TERM: 'xterm-256color' }),
};
