/**
 * Redacts commands and flags of C compilers (CC, CGO_CFLAGS, -extldflags …) and of Go's own compiler and
 * assembler: values of macros, assignments before a command, arguments of wrappers. Known compiler options
 * are shown.
 */
import { joinQuoted, splitQuoted } from './goflags.ts';
import { redactUrlsIn } from './redact-urls.ts';
import { redactAssignment, redacted } from './redacted.ts';

/** Long options of GCC and Clang whose values configure the build and hold no credentials. */
const plainLong =
  /^--(?:sysroot|target|gcc-toolchain|gcc-install-dir|param|std|config|rtlib|unwindlib|stdlib|print-[\w-]+|version|libs|cflags|static|[\w-]*-only-[\w-]+)$/;
/**
 * Options with one dash whose values may be shown (-std=, -march=, -fuse-ld=, -Wl,…), including the
 * one-letter options of Go's tools.
 */
const plainShort =
  /^-(?:[A-Za-z]|[fmWg][\w+.,/-]*|O\w*|std|specs|stdlib|rtlib|target|ld-path|lang|spectre|trimpath|buildid|pgoprofile|goversion|complete|shared|race|msan|asan|dwarf\w*|small\w*)$/;
/** Options whose next word is their value, a path or a name. */
const withWord =
  /^(?:-(?:[ILFBTouzxe]|isystem|iquote|idirafter|isysroot|imacros|include|iprefix|arch|framework|target|p|lang|Xlinker|Xassembler|Xpreprocessor|Xclang|M[FTQ]|rpath|sectcreate)|--(?:sysroot|target|param|config))$/;

/** How a word that is not a flag is treated. */
type Claim = 'none' | 'macro' | 'plain' | 'unknown';

/** Redacts a macro definition: keeps the name, and a value of one digit, which cannot be a secret. */
function redactMacro(text: string): string {
  const [, name, value] = /^(\w+(?:\([^)]*\))?)(?:=([\s\S]*))?$/.exec(text) ?? [];
  if (name === undefined) return redacted;
  return value === undefined || /^\d?$/.test(value) ? text : `${name}=${redacted}`;
}

function redactFlag(flag: string): string {
  const macro = /^(-D=?)([\s\S]+)$/.exec(flag);
  if (macro) return `${macro[1]}${redactMacro(macro[2] as string)}`;
  // Commas separate the arguments that are passed on, but may also be part of a macro's value.
  if (/^-W[pal],/.test(flag))
    return /,-?-(?:D|define)/.test(flag) ? `${flag.slice(0, 4)}${redacted}` : redactUrlsIn(flag);
  if (flag.startsWith('-fplugin-arg-')) return redactAssignment(flag);
  const name = /^[^=]*/.exec(flag)?.[0] ?? '';
  const plain = name === flag || plainShort.test(name) || plainLong.test(name);
  return plain ? redactUrlsIn(flag) : redactAssignment(flag);
}

/** Returns how the word after a flag is treated. */
function claimOf(flag: string): Claim {
  if (flag === '-D') return 'macro';
  if (withWord.test(flag)) return 'plain';
  return flag.startsWith('--') && !flag.includes('=') && !plainLong.test(flag) ? 'unknown' : 'none';
}

function redactWord(word: string, claim: Claim): string {
  if (claim === 'macro') return redactMacro(word);
  if (claim === 'unknown') return redacted;
  return claim !== 'plain' && /^[\w.]+=/.test(word) ? redactAssignment(word) : redactUrlsIn(word);
}

/** Returns a list of compiler flags without secrets; a list without secrets is returned as is. */
export function redactCompilerFlags(value: string): string {
  const split = splitQuoted(value);
  // Keeps the unterminated quote, so that later checks still see that go fails on it.
  if ('problem' in split) return `${redacted} ${/["']/.exec(split.problem)?.[0] ?? ''}`;
  const out: string[] = [];
  let claim = 'none' as Claim;
  for (const field of split.fields) {
    const flag: boolean = field.startsWith('-') && claim !== 'macro' && claim !== 'unknown';
    out.push(flag ? redactFlag(field) : redactWord(field, claim));
    claim = flag ? claimOf(field) : 'none';
  }
  if (out.every((field, index) => field === split.fields[index])) return value;
  return joinQuoted(out) ?? redacted;
}
