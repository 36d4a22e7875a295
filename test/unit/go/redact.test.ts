import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { variables } from '../../../src/catalog/variables.ts';
import { redactText, redactValue, type SecretKind, secretsIn } from '../../../src/go/redact.ts';
import { redactLinkerFlags } from '../../../src/go/redact-flags.ts';
import { redactUrls } from '../../../src/go/redact-urls.ts';

describe('redactUrls', () => {
  test.each([
    ['https://proxy.example,direct', 'https://proxy.example,direct'],
    ['https://user:token@proxy.example/go|direct', 'https://redacted@proxy.example/go|direct'],
    ['https://h/s3cr3t/api/go/', 'https://h/redacted/api/go/'],
    ['https://h/go,file:///srv/proxy,off', 'https://h/go,file:///srv/proxy,off'],
    ['https://a:b@h,https://c@i?k=v,off', 'https://redacted@h,https://redacted@i?redacted,off'],
    ['https://h/path?token=abc,direct', 'https://h/redacted?redacted,direct'],
    ['name+1+key https://u:p@sum.example', 'name+1+key https://redacted@sum.example'],
    // A password with unescaped separators.
    ['https://u:p,a/s@h,direct', 'https://redacted,direct'],
    ['https://u:a://b@h', 'https://redacted://redacted@h'],
    ['user:pass@host', 'redacted@host'],
    ['off', 'off'],
  ])('%s becomes %s', (value, expected) => {
    expect(redactUrls(value)).toBe(expected);
  });
});

describe('redaction of GOFLAGS', () => {
  test.each([
    ['-mod=mod -trimpath', '-mod=mod -trimpath'],
    ['-ldflags=-X=main.token=abc', '-ldflags=-X=main.token=redacted'],
    [`'-ldflags=-s -w -X main.token=abc'`, `'-ldflags=-s -w -X main.token=redacted'`],
    [`"-ldflags=all=-X 'main.a=b c' -X main.d=e"`, `'-ldflags=all=-X main.a=redacted -X main.d=redacted'`],
    [`--ldflags="-X=main.a=b c"`, `--ldflags=redacted redacted`],
    [
      `'-ldflags=-linkmode external -extldflags -static'`,
      `'-ldflags=-linkmode external -extldflags -static'`,
    ],
    ['-ldflags=-X main.token=abc', '-ldflags=-X main.token=redacted'],
    // The space after -X is missing: no linker knows this flag.
    ['-ldflags=-Xmain.token=abc', '-ldflags=-Xmain.token=redacted'],
    ['-ldflags=--Xmain.token=abc', '-ldflags=--Xmain.token=redacted'],
    ['-gcflags=-Xmain.token=abc', '-gcflags=-Xmain.token=redacted'],
    ['-asmflags=all=-Xmain.token=abc', '-asmflags=all=-Xmain.token=redacted'],
    ['-ldflags=-compressdwarf=false', '-ldflags=-compressdwarf=false'],
    [`'-toolexec=garble -seed=abc'`, `'-toolexec=garble redacted'`],
    [`'-ldflags=-X main.a`, 'redacted'],
    // go knows no such flag: its value may be a secret and helps no reader.
    ['-foo=hunter2 -mod=mod', '-foo=redacted -mod=mod'],
    [`'--foo=two words' -p=4`, '--foo=redacted -p=4'],
    ['-token=123456', '-token=redacted'],
    ['-foo=true -foo', '-foo=redacted -foo'],
    ['-run=TestX -test.run=TestY -tags=a,b', '-run=TestX -test.run=TestY -tags=a,b'],
  ])('%s becomes %s', (value, expected) => {
    expect(redactValue('linker-values', value)).toBe(expected);
  });

  test('redactLinkerFlags hides the values of -X in build settings', () => {
    expect(redactLinkerFlags('-s -X main.token=abc -X main.b=c d')).toBe(
      '-s -X main.token=redacted -X main.b=redacted redacted',
    );
  });
});

describe('redaction of compiler commands and flags', () => {
  test.each([
    ['gcc -O2', 'gcc -O2'],
    ['ccache gcc -DTOKEN=abc -DNDEBUG -DLEVEL=2', 'ccache gcc -DTOKEN=redacted -DNDEBUG -DLEVEL=2'],
    ['-D API_KEY=abc -D NDEBUG', '-D API_KEY=redacted -D NDEBUG'],
    [`'-DKEY="a b"' -I/usr/include`, '-DKEY=redacted -I/usr/include'],
    ['env TOKEN=abc clang --target=x86_64', 'env TOKEN=redacted clang --target=x86_64'],
    ['sccache --token abc gcc', 'sccache --token redacted gcc'],
    ['sccache --token=abc gcc -std=c11', 'sccache --token=redacted gcc -std=c11'],
    ['-Wp,-DX=a,b -Wl,-rpath,/opt/lib', '-Wp,redacted -Wl,-rpath,/opt/lib'],
    ['-march=native -fplugin-arg-x-key=abc', '-march=native -fplugin-arg-x-key=redacted'],
    ['pkg-config --define-variable=token=abc', 'pkg-config --define-variable=redacted'],
    ['-include https://u:abc@h/x.h', '-include https://redacted@h/redacted'],
    [`-DX=a"b -DY='open'`, `-DX=redacted -DY=redacted`],
    [`"-DX=a`, `redacted "`],
  ])('%s becomes %s', (value, expected) => {
    expect(redactValue('compiler-flags', value)).toBe(expected);
  });

  test.each([
    ['-gcflags=all=-N -l', '-gcflags=all=-N -l'],
    ["'-gcflags=all=-N -l'", "'-gcflags=all=-N -l'"],
    ["'-asmflags=-D TOKEN=abc'", "'-asmflags=-D TOKEN=redacted'"],
    ['-asmflags=all=-DTOKEN=abc', '-asmflags=all=-DTOKEN=redacted'],
    [`'-ldflags=-extldflags "-static -DT=abc"'`, `"-ldflags=-extldflags '-static -DT=redacted'"`],
    ['-ldflags=-extldflags=-DT=abc', '-ldflags=-extldflags=-DT=redacted'],
  ])('inside of GOFLAGS: %s becomes %s', (value, expected) => {
    expect(redactValue('linker-values', value)).toBe(expected);
  });
});

test.each([
  ['netrc', 'netrc'],
  ['netrc;git /home/me', 'netrc;git redacted'],
  ['/usr/bin/helper --token abc', '/usr/bin/helper redacted'],
  [`"/with space/helper" -k abc; off`, `'/with space/helper' redacted; off`],
  ['TOKEN=abc', 'redacted'],
  ['helper "open', 'redacted'],
])('redaction of arguments: %s becomes %s', (value, expected) => {
  expect(redactValue('arguments', value)).toBe(expected);
});

test('redactValue keeps an empty value, and replaces a value of kind `whole` completely', () => {
  expect(redactValue('whole', '')).toBe('');
  expect(redactValue('whole', 'http://u:p@proxy')).toBe('redacted');
  expect(redactValue('none', 'gcc -O2')).toBe('gcc -O2');
});

/** A realistic secret: any printable characters except quotes and spaces. */
const token = fc
  .stringMatching(/^[!#-&(-~]{6,24}$/)
  .filter((text) => !'redacted'.includes(text) && !text.includes('redacted'));
/** A secret with spaces, for use inside quotes. */
const phrase = fc.stringMatching(/^[!#-&(-~][ !#-&(-~]{6,24}$/);

describe('redactValue removes a planted secret', () => {
  const survives = (kind: SecretKind, value: string, secret: string) =>
    redactValue(kind, value).includes(secret);

  test('from URLs', () => {
    const value = fc.tuple(
      token,
      fc.constantFrom('', 'direct,', 'https://a.example,', 'off|'),
      fc.constantFrom('', ',direct', '|https://z.example'),
    );
    fc.assert(
      fc.property(value, ([secret, before, after]) => {
        for (const url of [
          `https://${secret}@h`,
          `https://u:${secret}@h/p`,
          `http://h/?t=${secret}`,
          `https://h#${secret}`,
          `https://h/${encodeURIComponent(secret)}/go`,
          `${secret}@h`,
        ]) {
          expect(survives('url-userinfo', before + url + after, secret), before + url + after).toBe(false);
          expect(survives('none', before + url.replace(/^\S+@h$/, 'off') + after, secret)).toBe(false);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test('from GOFLAGS', () => {
    fc.assert(
      fc.property(token, phrase, (secret, words) => {
        for (const value of [
          `-ldflags=-X=main.t=${secret}`,
          `-token=${secret}`,
          `-v -ldflags=-X main.t=${secret} -mod=mod`,
          `'-ldflags=-s -X main.t=${secret} -w'`,
          `"-ldflags=-X=main.t=${secret}" -trimpath`,
          `--ldflags=all=-X=a/b.t=${secret}`,
          `'-ldflags=--X "main.t=${secret}"'`,
          `-X main.t=${secret}`,
          `'-toolexec=tool --key ${secret}'`,
        ]) {
          expect(survives('linker-values', value, secret), value).toBe(false);
        }
        for (const value of [
          `'-ldflags=-X "main.t=${words}"'`,
          `"-ldflags=-X main.t=${words}"`,
          `'-ldflags=-X=main.t=${words}'`,
        ]) {
          expect(survives('linker-values', value, words), value).toBe(false);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test('from compiler flags', () => {
    fc.assert(
      fc.property(token, phrase, (secret, words) => {
        for (const value of [
          `-DT=${secret}`,
          `gcc -D T=${secret} -O2`,
          `env T=${secret} gcc`,
          `wrap --key ${secret} gcc`,
          `wrap --key=${secret} gcc`,
          `-Wp,-DT=${secret}`,
          `"-DT=${secret}"`,
        ]) {
          expect(survives('compiler-flags', value, secret), value).toBe(false);
          const flags = `'-asmflags=${value.replaceAll(/["']/g, '')}'`;
          if (value.startsWith('-')) expect(survives('linker-values', flags, secret), flags).toBe(false);
        }
        expect(survives('compiler-flags', `-DT='${words}'`, words)).toBe(false);
        expect(survives('compiler-flags', `'-DT=${words}'`, words)).toBe(false);
      }),
      { numRuns: 2000 },
    );
  });

  test('from commands', () => {
    fc.assert(
      fc.property(token, phrase, (secret, words) => {
        for (const value of [`helper ${secret}`, `netrc;helper --t=${secret};off`, `/a/b -x ${secret} -y`]) {
          expect(survives('arguments', value, secret), value).toBe(false);
        }
        expect(survives('arguments', `helper '${words}'`, words)).toBe(false);
      }),
      { numRuns: 2000 },
    );
  });

  test('from messages that quote or encode the value (redactText)', () => {
    const cases: [SecretKind, (secret: string) => string][] = [
      ['url-userinfo', (secret) => `https://user:${secret}@h,direct`],
      ['linker-values', (secret) => `-ldflags=-X=main.t=${secret}`],
      ['arguments', (secret) => `helper ${secret}`],
    ];
    fc.assert(
      fc.property(token, fc.constantFrom(...cases), (secret, [kind, make]) => {
        const value = make(secret);
        const text = `go: parsing: ${value} and ${JSON.stringify(value)} then ${secret}, ${encodeURIComponent(secret)}`;
        expect(redactText(text, [...secretsIn(kind, value), secret])).not.toContain(secret);
      }),
      { numRuns: 2000 },
    );
  });
});

test('redactValue is deterministic and never throws, for every kind in the catalogue', () => {
  const kinds = [...new Set(variables.map((row) => row.secret))];
  fc.assert(
    fc.property(fc.constantFrom(...kinds), fc.string({ unit: 'binary', maxLength: 60 }), (kind, value) => {
      const once = redactValue(kind, value);
      expect(redactValue(kind, value)).toBe(once);
      expect(() => secretsIn(kind, value)).not.toThrow();
    }),
  );
});

describe('redactText', () => {
  test('replaces the longest secret first and ignores secrets of two characters', () => {
    expect(redactText('abcd abcdef ab', ['abcd', 'abcdef', 'ab'])).toBe('redacted redacted ab');
  });
  test('finds a secret as Go quotes it', () => {
    expect(redactText(String.raw`invalid "se\"cret"`, ['se"cret'])).toBe('invalid "redacted"');
  });
});
