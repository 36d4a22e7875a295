import type { Harmless } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Harmless = {
  title: 'a company with private modules: GOPRIVATE, GOINSECURE, GOVCS and GOAUTH',
  on: ['1.26.0', '1.21.13'],
  world: sets({
    GOPRIVATE: 'git.example.com/*,*.corp.example.com',
    GOINSECURE: 'git.example.com',
    GOVCS: 'git.example.com:git|hg,public:off',
    GOAUTH: 'netrc; git /srv/checkout',
  }),
};
