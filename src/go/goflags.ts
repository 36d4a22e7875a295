/**
 * Parses GOFLAGS and the other argument lists in Go's environment. cmd/internal/quoted defines how a list is
 * split into fields, src/cmd/go/internal/base/goflags.go the form of a GOFLAGS field.
 */

/** The fields of a list, or the reason why it cannot be split. */
export type SplitResult = { readonly fields: readonly string[] } | { readonly problem: string };

/**
 * Splits a list at spaces, tabs and line ends. A field that begins with a quote ends at the next quote of the
 * same kind; there are no escapes. Quotes inside a field are ordinary characters.
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

/**
 * Joins fields to a list that {@link splitQuoted} splits again, quoting only where needed; undefined if a
 * field holds both kinds of quotes.
 */
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

/** One flag of GOFLAGS: `-name`, `--name` or `-name=value`. */
export interface Goflag {
  /** The name without dashes: `mod`. */
  readonly name: string;
  readonly value?: string;
  /** The field as written, without quotes. */
  readonly text: string;
}

/** A parsed GOFLAGS. */
export interface Goflags {
  readonly flags: readonly Goflag[];
  /** Fields that are not flags. Any of them makes every command fail, except `go env` and `go bug`. */
  readonly nonFlags: readonly string[];
  /** What is wrong with the value. Does not quote it, since it may hold a secret. */
  readonly problem?: string;
}

/** Parses GOFLAGS. Does not check whether a flag exists: see `unknownGoflag` in goroot-source.ts. */
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
 * Returns the value of the last flag of this name (go sets flags in order, so the last wins): `true` for a
 * flag without a value, undefined if there is no such flag.
 */
export function flagValue(flags: readonly Goflag[], name: string): string | undefined {
  const last = flags.findLast((flag) => flag.name === name);
  return last && (last.value ?? 'true');
}

/** Flags that name a file which a build reads. */
export const fileFlags = ['overlay', 'modfile', 'pgo'] as const;

/** Flags that name a program which go starts; `-compiler` does so only with the value `gccgo`. */
export const programFlags = ['toolexec', 'exec', 'vettool', 'compiler'] as const;

/** Options with which the linker or gccgo starts a program (`go tool link -help`; -wrapper of gcc(1)). */
const innerPrograms = /(?:^|[\s='"])--?(?:extld|wrapper)\b/;

/**
 * Reports whether this value of GOFLAGS makes go start further programs, or build other sources than those on
 * disk (-overlay).
 */
export function startsByFlags(value: string): boolean {
  return parseGoflags(value).flags.some(({ name, value: given = '', text }) => {
    if (name === 'compiler') return given === 'gccgo';
    return name === 'overlay' || programFlags.some((one) => one === name) || innerPrograms.test(text);
  });
}
