/**
 * Reads the platforms that support -race, -msan and -asan from a toolchain's own sources
 * (internal/platform/supported.go, since Go 1.20).
 */

/**
 * The sanitizers of go build, in the order in which go checks them (instrumentInit in
 * cmd/go/internal/work/init.go).
 */
export const sanitizers = ['msan', 'race', 'asan'] as const;
export type Sanitizer = (typeof sanitizers)[number];

/** `GOOS/GOARCH` pairs by sanitizer. */
export type SanitizerPlatforms = Readonly<Record<Sanitizer, ReadonlySet<string>>>;

const functions: Readonly<Record<Sanitizer, string>> = {
  msan: 'MSanSupported',
  race: 'RaceDetectorSupported',
  asan: 'ASanSupported',
};

/**
 * Parses the three functions in the text of supported.go; undefined if one of them does not have the expected
 * form.
 */
export function parseSanitizerPlatforms(text: string): SanitizerPlatforms | undefined {
  const read = (sanitizer: Sanitizer): ReadonlySet<string> => {
    const body =
      new RegExp(`^func ${functions[sanitizer]}\\([^{]*\\{\n([\\s\\S]*?)^\\}`, 'm').exec(text)?.[1] ?? '';
    const cases = [
      ...body.matchAll(
        /^\tcase ((?:"[a-z0-9]+"(?:, )?)+):\n\t\treturn ((?:goarch == "[a-z0-9]+"(?: \|\| )?)+)$/gm,
      ),
    ];
    return new Set(
      cases.flatMap(([, systems = '', architectures = '']) =>
        quotedWords(systems).flatMap((os) => quotedWords(architectures).map((arch) => `${os}/${arch}`)),
      ),
    );
  };
  const found = { msan: read('msan'), race: read('race'), asan: read('asan') };
  return sanitizers.every((name) => found[name].size > 0) ? found : undefined;
}

function quotedWords(text: string): readonly string[] {
  return [...text.matchAll(/"([a-z0-9]+)"/g)].map(([, word = '']) => word);
}
