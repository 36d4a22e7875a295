import type { Harmless } from '../scenario.ts';

export const scenario: Harmless = {
  title: 'a go of before 1.21, whose GOPROXY and GOSUMDB are compiled in',
  on: ['1.20.14'],
  files: { 'go.mod': 'module example.com/app\n\ngo 1.20\n' },
  go: { run: 'go list -m' },
  source: 'Hsn723/postfix_exporter#141',
};
