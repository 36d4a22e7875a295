import fc from 'fast-check';
import { expect, it } from 'vitest';
import { localPath, type PathRoots, portablePath } from '../../../src/drift/portable.ts';

const roots: PathRoots = {
  workspace: '/home/a/src/app',
  goroot: '/usr/local/go',
  gopath: '/home/a/go',
  home: '/home/a',
};

it.each([
  ['/home/a', '$HOME'],
  ['/home/a/', '$HOME/'],
  ['/home/ab', '/home/ab'],
  ['/mnt/home/a', '/mnt/home/a'],
  ['/home/a/go/pkg/mod', '$GOPATH/pkg/mod'],
  ['/home/a/src/app/go.work', '$WORKSPACE/go.work'],
  ['/home/a/src/apple', '$HOME/src/apple'],
  ['/usr/local/go/bin:/home/a/go/bin:/bin', '$GOROOT/bin:$GOPATH/bin:/bin'],
  ['-modfile=/home/a/x.mod -tags=a', '-modfile=$HOME/x.mod -tags=a'],
  ["'-ldflags=-L /home/a/lib'", "'-ldflags=-L $HOME/lib'"],
  ['-I/home/a/include -L/home/a/lib -isystem/home/a/i', '-I$HOME/include -L$HOME/lib -isystem$HOME/i'],
  ['-Wl,-rpath,/home/a/lib:$ORIGIN', '-Wl,-rpath,$HOME/lib:$$ORIGIN'],
  ['-trimpath=/home/a=>/home/a/src/app', '-trimpath=$HOME=>$WORKSPACE'],
  ['file:///home/a/proxy,off', 'file://$HOME/proxy,off'],
  ['https://example.com/home/a', 'https://example.com/home/a'],
  ['/opt/foo-bar/home/a', '/opt/foo-bar/home/a'],
  ['$HOME/x', '$$HOME/x'],
  ['auto', 'auto'],
])('portablePath writes %s as %s', (value, expected) => {
  expect(portablePath(value, roots)).toBe(expected);
});

it('portablePath ignores the root / and relative roots: a home of / would match every path', () => {
  expect(portablePath('/etc/go', { home: '/', gopath: '' })).toBe('/etc/go');
  expect(portablePath('/home/a/x', { home: '/home/a//' })).toBe('$HOME/x');
  expect(portablePath('rel/x', { home: 'rel' })).toBe('rel/x');
});

it('localPath reverses portablePath, so no two values have the same portable form', () => {
  const piece = fc.constantFrom(
    '/home/a',
    '/home/a/go',
    '/usr/local/go',
    '/home/a/src/app',
    '$',
    '$$',
    '$HOME',
    '$GOPATH',
    'HOME',
    '/',
    ':',
    '=',
    '-I',
    'x',
    ' ',
    ',',
    "'",
    'file://',
  );
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join('')),
      (value) => {
        expect(localPath(portablePath(value, roots), roots)).toBe(value);
      },
    ),
    { numRuns: 3000 },
  );
});

it('portablePath writes the same value for two homes', () => {
  const elsewhere: PathRoots = {
    workspace: '/srv/b/code/app',
    goroot: '/opt/go',
    gopath: '/srv/b/gopath',
    home: '/srv/b',
  };
  const name = fc.constantFrom('workspace', 'goroot', 'gopath', 'home') as fc.Arbitrary<keyof PathRoots>;
  const part = fc.tuple(
    fc.constantFrom('', ':', '-modfile=', ' ', 'x,'),
    name,
    fc.constantFrom('', '/bin', '/x y'),
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 5 }), (parts) => {
      const under = (own: PathRoots) =>
        portablePath(parts.map(([before, root, rest]) => `${before}${own[root]}${rest}`).join(':'), own);
      expect(under(roots)).toBe(under(elsewhere));
    }),
  );
});

it('localPath returns undefined for a root that this host lacks', () => {
  expect(localPath('$GOROOT/bin', { home: '/home/a' })).toBeUndefined();
  expect(localPath('$$GOROOT/bin', { home: '/home/a' })).toBe('$GOROOT/bin');
});

it('portablePath and localPath take linear time for long values', () => {
  for (const unit of ['$', '/', '-a', 'a', '/home/a', '=/']) {
    const value = unit.repeat(300_000);
    expect(localPath(portablePath(value, roots), roots)).toBe(value);
  }
});
