/**
 * GOFLAGS and the other lists of arguments in Go's environment: cmd/internal/quoted (fields) and
 * src/cmd/go/internal/base/goflags.go (what a field of GOFLAGS may look like).
 */

/** Fields of a list, or why it is none. */
export type SplitResult = { readonly fields: readonly string[] } | { readonly problem: string };

/**
 * Splits at spaces, tabs and line ends. A field that begins with a quote runs to the next one of its kind, with no escapes;
 * quotes inside a field are ordinary characters.
 */
export function splitQuoted(text: string): SplitResult {
  const fields: string[] = [];
  let i = 0;
  while (i < text.length) {
    const c = text.charAt(i);
    if (isSpace(c)) {
      i++;
    } else if (c === '"' || c === "'") {
      const end = text.indexOf(c, i + 1);
      if (end < 0) return { problem: `unterminated ${c} string` };
      fields.push(text.slice(i + 1, end));
      i = end + 1;
    } else {
      let end = i;
      while (end < text.length && !isSpace(text.charAt(end))) end++;
      fields.push(text.slice(i, end));
      i = end;
    }
  }
  return { fields };
}

function isSpace(c: string): boolean {
  return c === ' ' || c === '\t' || c === '\n' || c === '\r';
}

/** The list that {@link splitQuoted} gives back, quoted only where needed; undefined when a field holds both kinds of quotes. */
export function joinQuoted(fields: readonly string[]): string | undefined {
  const out: string[] = [];
  for (const field of fields) {
    const single = field.includes("'");
    const double = field.includes('"');
    if (single && double) return undefined;
    if (!single && !double && !/[ \t\n\r]/.test(field)) out.push(field);
    else out.push(single ? `"${field}"` : `'${field}'`);
  }
  return out.join(' ');
}

/** One flag of GOFLAGS: `-name`, `--name`, `-name=value`. */
export interface Goflag {
  /** Without dashes, `mod`. */
  readonly name: string;
  readonly value?: string;
  /** The field as written, quotes off. */
  readonly text: string;
}

/** GOFLAGS taken apart. */
export interface Goflags {
  readonly flags: readonly Goflag[];
  /** Fields that are no flag; any of them makes every command but `go env` and `go bug` fail. */
  readonly nonFlags: readonly string[];
  /** What go says about the value, without quoting it: it may hold a secret. */
  readonly problem?: string;
}

/** Reads GOFLAGS. Whether a flag exists in some Go is another question: see `unknownGoflag` in goroot-source.ts. */
export function parseGoflags(value: string): Goflags {
  const split = splitQuoted(value);
  if ('problem' in split) return { flags: [], nonFlags: [], problem: split.problem };
  const flags: Goflag[] = [];
  const nonFlags: string[] = [];
  for (const text of split.fields) {
    const flag = parseFlag(text);
    if (flag) flags.push(flag);
    else nonFlags.push(text);
  }
  if (nonFlags.length === 0) return { flags, nonFlags };
  return { flags, nonFlags, problem: 'a field is no flag' };
}

function parseFlag(text: string): Goflag | undefined {
  const match = /^--?([^-=][^=]*)(?:=([\s\S]*))?$/.exec(text);
  if (!match?.[1]) return undefined;
  return match[2] === undefined ? { name: match[1], text } : { name: match[1], value: match[2], text };
}

/**
 * What the last flag of this name sets: its value, `true` for a bare flag, undefined when it is absent
 * (the flags of GOFLAGS are set in order, so the last one wins).
 */
export function flagValue(flags: readonly Goflag[], name: string): string | undefined {
  const last = flags.findLast((flag) => flag.name === name);
  return last && (last.value ?? 'true');
}

/** Flags that name a file which a build reads in the place of another one. */
export const fileFlags = ['overlay', 'modfile', 'pgo'] as const;

/** Flags that name a program which go starts; `-compiler` does with one of its two values. */
export const programFlags = ['toolexec', 'exec', 'vettool', 'compiler'] as const;

/** The same among what is handed on to a compiler or linker (`go tool link -help`; gccgo has -wrapper of gcc(1)). */
const innerPrograms = /(?:^|[\s='"])--?(?:extld|wrapper)\b/;

/** Whether go starts programs by this value of GOFLAGS, or builds other sources than those that stand there. */
export function startsByFlags(value: string): boolean {
  return parseGoflags(value).flags.some(({ name, value: given = '', text }) => {
    if (name === 'compiler') return given === 'gccgo';
    return name === 'overlay' || programFlags.some((one) => one === name) || innerPrograms.test(text);
  });
}
