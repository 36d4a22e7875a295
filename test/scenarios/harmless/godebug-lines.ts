import type { Harmless } from '../scenario.ts';

const main = (head: string) => `${head}package main\n\nfunc main() {}\n`;

export const scenario: Harmless = {
  title: '//go:debug lines that are known, that no build here reads, or that only look like some',
  on: ['1.27.4'],
  change: (site) => {
    site.write('cmd/a/main.go', main('//go:debug panicnil=1\n//go:debug tlsrsakex=0\n\n'));
    site.write(
      'cmd/b/main.go',
      `${main('/*\n//go:debug nosuch=1\n*/\n//go:debugger\n\n')}\n//go:debug nosuch=1\n`,
    );
    site.write('cmd/c/main_windows.go', main('//go:debug nosuch=1\n\n'));
    site.write('cmd/c/ignored.go', main('//go:build ignore\n\n//go:debug nosuch=1\n\n'));
    site.write('cmd/c/testdata/main.go', main('//go:debug nosuch=1\n\n'));
    site.write('cmd/d/go.mod', 'module example.com/d\n\ngo 1.21\n');
    site.write('cmd/d/main.go', main('//go:debug nosuch=1\n\n'));
  },
  silent: true,
};
