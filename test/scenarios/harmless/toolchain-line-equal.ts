import type { Harmless } from '../scenario.ts';
import { gomod } from '../site.ts';

export const scenario: Harmless = {
  title: 'a toolchain line equal to the local go',
  on: ['1.26.0'],
  files: gomod('go 1.26', '', 'toolchain go1.26.0'),
};
