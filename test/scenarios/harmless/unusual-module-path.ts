import type { Harmless } from '../scenario.ts';

export const scenario: Harmless = {
  title: 'a module path that is unusual, and one',
  on: ['1.27.4', '1.21.13'],
  needs: 'modules',
  files: { 'go.mod': 'module "example.com/~user/my+app_1.x/.hidden"\n\ngo 1.21\n' },
};
