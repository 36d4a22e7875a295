/** Redacts command lines: GOFLAGS including linker and compiler flags, GOAUTH, GOCACHEPROG, -toolexec. */
import { isGoflagName } from './goflag-names.ts';
import { joinQuoted, splitQuoted } from './goflags.ts';
import { redactCompilerFlags } from './redact-compilers.ts';
import { redactUrls } from './redact-urls.ts';
import { redactAssignment, redacted } from './redacted.ts';

/** Redacts a command line of GOAUTH or GOCACHEPROG: keeps the command and hides its arguments. */
export function redactCommand(command: string): string {
  const lead = /^\s*/.exec(command)?.[0] ?? '';
  const split = splitQuoted(command);
  if ('problem' in split) return lead + redacted;
  const [word, ...rest] = split.fields;
  if (word === undefined) return command;
  const shown = /[=@?]|:\/\//.test(word) ? redacted : (joinQuoted([word]) ?? redacted);
  return lead + (rest.length === 0 ? shown : `${shown} ${redacted}`);
}

/**
 * Redacts GOFLAGS: hides values set by `-X`, arguments of -toolexec and -exec, values of unknown flags, and
 * fields that are not flags.
 */
export function redactGoflags(value: string): string {
  const split = splitQuoted(value);
  if ('problem' in split) return redacted;
  const fields = split.fields.map(redactGoflag);
  if (fields.every((field, i) => field === split.fields[i])) return value;
  return joinQuoted(fields) ?? fields.map((field) => joinQuoted([field]) ?? redacted).join(' ');
}

/** Redacts one flag of a go command. */
export function redactGoflag(field: string): string {
  const [, head, name, value] = /^(--?([A-Za-z][^=]*)=)([\s\S]*)$/.exec(field) ?? [];
  if (head === undefined || name === undefined || value === undefined) {
    return /^--?[A-Za-z][\w.-]*$/.test(field) ? field : redactAssignment(field);
  }
  if (name === 'ldflags' || name === 'gccgoflags') return head + redactLinkerFlags(value);
  if (name === 'toolexec' || name === 'exec') return head + redactCommand(value);
  if (name === 'X') return head + redactAssignment(value);
  if (name === 'gcflags' || name === 'asmflags') return head + redactToolFlags(value);
  return head + (isGoflagName(name) ? redactUrls(value) : redacted);
}

/**
 * Flags of cmd/link (and of the external linker's driver) that take the next word as value (`go tool link
 * -help`).
 */
const linkerFlagsWithWord = new Set([
  'B',
  'D',
  'E',
  'H',
  'I',
  'L',
  'R',
  'T',
  'buildid',
  'buildmode',
  'extar',
  'extld',
  'installsuffix',
  'libgcc',
  'linkmode',
  'o',
  'r',
]);

/**
 * The other flags of cmd/link that may be written with `=`, of 1.21 to 1.27 (`go tool link -help`). Values of
 * unknown flags are hidden.
 */
const linkerFlagsWithoutWord = new Set([
  ...['V', 'a', 'asan', 'aslr', 'benchmark', 'benchmarkprofile', 'bindnow', 'c', 'capturehostobjs'],
  ...['checklinkname', 'compressdwarf', 'cpuprofile', 'd', 'debugnosplit', 'debugtextsize', 'debugtramp'],
  ...['dumpdep', 'e', 'f', 'fipso', 'funcalign', 'g', 'h', 'importcfg', 'k', 'linkshared', 'macos', 'macsdk'],
  ...['memprofile', 'memprofilerate', 'msan', 'n', 'pluginpath', 'pruneweakmap', 'race', 'randlayout', 's'],
  ...['strictdups', 'tmpdir', 'v', 'w'],
]);

function isLinkerFlag(name: string): boolean {
  return linkerFlagsWithWord.has(name) || linkerFlagsWithoutWord.has(name);
}

/**
 * Redacts a value of -ldflags in GOFLAGS or in build information: `[pattern=]flags`. Hides the values of `-X
 * name=value`, `-X=name=value` and `--X …`, and every word that is not the value of a known flag.
 */
export function redactLinkerFlags(value: string): string {
  const pattern = packagePattern(value);
  const split = splitQuoted(value.slice(pattern.length));
  if ('problem' in split) return pattern + redacted;
  const out: string[] = [];
  let claims = '';
  for (const field of split.fields) {
    const flag = /^--?([A-Za-z][\w.-]*)(=?)([\s\S]*)$/.exec(field);
    if (claims === 'X') out.push(redactAssignment(field));
    else if (flag?.[1] === 'X' && flag[2] === '=') out.push(`-X=${redactAssignment(flag[3] ?? '')}`);
    else if (flag?.[1] === 'extldflags' && flag[2] === '=')
      out.push(`-extldflags=${redactCompilerFlags(flag[3] ?? '')}`);
    else if (claims === 'flags' && field.startsWith('-')) out.push(redactCompilerFlags(field));
    // `-Xmain.key=value`, with the space forgotten, is an unknown flag for the linker.
    else if (flag?.[2] === '=' && !isLinkerFlag(flag[1] ?? '')) out.push(redactAssignment(field));
    else if (flag && (flag[2] === '=' || flag[3] === '')) out.push(redactUrls(field));
    else out.push(claims === 'word' ? redactUrls(field) : redacted);
    claims = claims === 'X' || flag?.[2] === '=' ? '' : claimOf(flag?.[1]);
  }
  if (out.every((field, i) => field === split.fields[i])) return value;
  return pattern + (joinQuoted(out) ?? redacted);
}

function claimOf(name: string | undefined): string {
  if (name === 'X') return 'X';
  if (name === 'extldflags') return 'flags';
  return name !== undefined && linkerFlagsWithWord.has(name) ? 'word' : '';
}

/**
 * Returns the package pattern before the flags of -ldflags, -gcflags and -asmflags, including its `=`; '' if
 * there is none.
 */
const packagePattern = (value: string) => /^[^-\s'"=][^\s'"=]*=/.exec(value)?.[0] ?? '';

/**
 * Redacts a value of -gcflags or -asmflags: `[pattern=]flags`. The assembler's -D defines a macro as that of
 * a C compiler does.
 */
function redactToolFlags(value: string): string {
  const pattern = packagePattern(value);
  return pattern + redactCompilerFlags(value.slice(pattern.length));
}
