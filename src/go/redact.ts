/**
 * Removes secrets from values before any other code sees them. The catalogue (src/catalog/variables.ts) lists
 * which kind of secret each variable may hold; this file finds secrets of each kind. An ambiguous value is
 * hidden rather than shown. The result depends on the value alone.
 */
import { splitQuoted } from './goflags.ts';
import { redactCompilerFlags } from './redact-compilers.ts';
import { redactCommand, redactGoflags } from './redact-flags.ts';
import { redactUrls, redactUrlsIn } from './redact-urls.ts';
import { redacted } from './redacted.ts';

/** Kinds of secrets; equal to the catalogue's `SecretClass`. */
export type SecretKind = 'none' | 'url-userinfo' | 'linker-values' | 'compiler-flags' | 'arguments' | 'whole';

/** Returns a value without its secrets. An empty value stays empty: being unset is no secret. */
export function redactValue(kind: SecretKind, value: string): string {
  if (value === '') return value;
  switch (kind) {
    case 'none':
      // Such a variable should hold no secret; URLs are redacted nevertheless.
      return redactUrlsIn(value);
    case 'whole':
      return redacted;
    case 'url-userinfo':
      return redactUrls(value);
    case 'arguments':
      return redactCommands(value);
    case 'linker-values':
      return redactGoflags(value);
    case 'compiler-flags':
      return redactCompilerFlags(value);
  }
}

/**
 * Redacts GOAUTH or GOCACHEPROG. GOAUTH separates commands by semicolons, but in GOCACHEPROG a semicolon is
 * part of an argument: the text after one is shown only if it is a command of GOAUTH itself.
 */
function redactCommands(value: string): string {
  const [first = '', ...more] = value.split(';');
  if ([first, ...more].some((command) => 'problem' in splitQuoted(command))) return redacted;
  const shown = (command: string) =>
    /^\s*(?:netrc|off|git)(?:\s|$)/.test(command) ? redactCommand(command) : redacted;
  return [redactCommand(first), ...more.map(shown)].join(';');
}

/**
 * Length in characters of the shortest secret that {@link redactText} hides: shorter ones would also match
 * parts of unrelated words.
 */
export const shortestSecret = 4;

/**
 * Removes the given secrets from foreign text, such as an error of a subprocess: as is, as quoted by Go or
 * JSON, and as escaped in URLs. Secrets that are part of the word `redacted`, which replaces them, or are
 * shorter than {@link shortestSecret} are skipped.
 */
export function redactText(text: string, secrets: readonly string[]): string {
  const forms = new Set<string>();
  for (const secret of secrets) {
    if (secret.length < shortestSecret || redacted.includes(secret)) continue;
    for (const form of [secret, JSON.stringify(secret).slice(1, -1), escapeUrl(secret)]) forms.add(form);
  }
  const longestFirst = [...forms].sort((a, b) => b.length - a.length || (a < b ? -1 : 1));
  let result = text;
  // A replacement may join two halves of another secret, so repeat while any is left. Each round shortens the
  // visible text.
  for (let round = 0; round < 4 && longestFirst.some((form) => result.includes(form)); round++) {
    for (const form of longestFirst) result = result.replaceAll(form, redacted);
  }
  return result;
}

function escapeUrl(text: string): string {
  try {
    return encodeURIComponent(text);
  } catch {
    // A lone surrogate, which no URL can hold.
    return text;
  }
}

/**
 * Returns the parts of a value that {@link redactValue} hides, longest first. {@link redactText} removes them
 * from the output of a program that was given the value.
 */
export function secretsIn(kind: SecretKind, value: string): readonly string[] {
  const shown = redactValue(kind, value);
  if (shown === value) return [];
  const found = new Set<string>([value]);
  for (const part of [...urlParts(value), ...wordsOf(value)]) found.add(part);
  // A part that is visible in the redacted value is no secret.
  return [...found]
    .filter((part) => part.length >= shortestSecret && !shown.includes(part))
    .sort((a, b) => b.length - a.length);
}

function urlParts(value: string): readonly string[] {
  return value.split('://').flatMap((region) => {
    const userinfo = region.slice(0, Math.max(0, region.lastIndexOf('@')));
    const [address = '', ...query] = region.split(/[?#]/);
    const parts = address.split('/').slice(1);
    return [userinfo, userinfo.slice(userinfo.indexOf(':') + 1), ...parts, ...query];
  });
}

/** Returns arguments and assigned values, including those of quoted inner flags. */
function wordsOf(value: string): readonly string[] {
  const split = splitQuoted(value.replaceAll(';', ' '));
  const fields = 'problem' in split ? value.split(/\s+/) : split.fields;
  const inner = fields.flatMap((field) => {
    const flags = /^--?(?:ldflags|gccgoflags|toolexec|exec)=([\s\S]*)$/.exec(field)?.[1];
    const deeper = flags === undefined ? undefined : splitQuoted(flags);
    return deeper && 'fields' in deeper ? deeper.fields : [field];
  });
  return inner
    .filter((word) => !/^--?[A-Za-z][\w.-]*$/.test(word))
    .slice(0, 1000)
    .map((word) => /^(?:--?X=)?[\w./~-]+=([\s\S]*)$/.exec(word)?.[1] ?? word);
}
