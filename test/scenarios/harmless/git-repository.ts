import { commitAll } from '../repository.ts';
import type { Harmless } from '../scenario.ts';

export const scenario: Harmless = {
  title: 'the workspace becomes a repository with a commit',
  on: ['1.26.0'],
  change: commitAll,
};
