import type { Harmless } from '../scenario.ts';

export const scenario: Harmless = {
  title: 'toolchain default in go.work and in a module that it uses',
  on: ['1.24.13', '1.27.4'],
  files: {
    'go.work': 'go 1.24\n\ntoolchain default\n\nuse .\n',
    'go.mod': 'module example.com/app\n\ngo 1.24\n\ntoolchain default\n',
  },
};
