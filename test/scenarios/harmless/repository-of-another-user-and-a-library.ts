import { commitAll } from '../repository.ts';
import type { Harmless } from '../scenario.ts';
import { give } from '../site.ts';

export const scenario: Harmless = {
  title: 'a repository of another user without a program in it',
  on: ['1.26.0'],
  world: commitAll,
  change: (site) => give(site.workspace, 4242),
};
