import type { Harmless } from '../scenario.ts';
import { gomod } from '../site.ts';

export const scenario: Harmless = {
  title: 'a toolchain line older than the local go',
  on: ['1.27.4'],
  files: gomod('go 1.24.0', '', 'toolchain go1.24.13'),
};
