import type { Harmless } from '../scenario.ts';

export const scenario: Harmless = {
  title: 'GOPATH with empty parts',
  on: ['1.26.0'],
  world: (site) => {
    site.env.GOPATH = `${site.home}/go::${site.home}/other:`;
  },
};
