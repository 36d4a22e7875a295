import type { Harmless } from '../scenario.ts';

export const scenario: Harmless = {
  title: 'a go.work that lists the workspace',
  on: ['1.27.4'],
  files: { 'go.work': 'go 1.24\n\nuse .\n' },
};
