import { requiring } from '../modules.ts';
import type { Harmless } from '../scenario.ts';

export const scenario: Harmless = {
  title: 'a requirement that nothing imports is replaced by a folder that is not there',
  on: ['1.27.4', '1.21.13'],
  needs: 'modules',
  files: { 'go.mod': requiring('require example.com/lib v0.0.0', 'replace example.com/lib => ../lib') },
};
