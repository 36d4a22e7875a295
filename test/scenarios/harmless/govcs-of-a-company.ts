import type { Harmless } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Harmless = {
  title: 'GOVCS and GOAUTH of a company',
  on: ['1.27.4'],
  world: sets({ GOVCS: 'corp.example.com:git, public:off', GOAUTH: 'netrc;git /srv/repositories' }),
};
