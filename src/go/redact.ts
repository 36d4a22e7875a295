/**
 * Takes secrets out of values before anything else sees them. Which variable holds what kind of secret says the catalogue
 * (src/catalog/variables.ts); here is how each kind is found. Where the form of a value is doubtful, more is hidden rather than less.
 * The same value always gives the same text.
 */
import { splitQuoted } from './goflags.ts';
import { redactCompilerFlags } from './redact-compilers.ts';
import { redactCommand, redactGoflags } from './redact-flags.ts';
import { redactUrls, redactUrlsIn } from './redact-urls.ts';
import { redacted } from './redacted.ts';

/** Kinds of secrets; the catalogue's `SecretClass`. */
export type SecretKind = 'none' | 'url-userinfo' | 'linker-values' | 'compiler-flags' | 'arguments' | 'whole';

/** The value without its secrets. An empty value stays empty: that nothing is set is no secret. */
export function redactValue(kind: SecretKind, value: string): string {
  if (value === '') return value;
  switch (kind) {
    case 'none':
      // Nobody means to write a secret there; a URL is shown without its own all the same.
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

/** GOAUTH separates commands by semicolons; in GOCACHEPROG one is part of an argument, so later commands show only what GOAUTH itself names. */
function redactCommands(value: string): string {
  const [first = '', ...more] = value.split(';');
  if ([first, ...more].some((command) => 'problem' in splitQuoted(command))) return redacted;
  const shown = (command: string) =>
    /^\s*(?:netrc|off|git)(?:\s|$)/.test(command) ? redactCommand(command) : redacted;
  return [redactCommand(first), ...more.map(shown)].join(';');
}

/** Shortest secret that {@link redactText} looks for: shorter ones would tear words apart that have nothing to do with them. */
export const shortestSecret = 4;

/**
 * Text of somebody else, such as an error of a subprocess, without the given secrets; as they stand, as Go or JSON quotes them, and as URLs
 * escape them. Secrets that are part of the word `redacted` cannot be hidden by it and are passed over, as are those shorter than
 * {@link shortestSecret}.
 */
export function redactText(text: string, secrets: readonly string[]): string {
  const forms = new Set<string>();
  for (const secret of secrets) {
    if (secret.length < shortestSecret || redacted.includes(secret)) continue;
    for (const form of [secret, JSON.stringify(secret).slice(1, -1), escapeUrl(secret)]) forms.add(form);
  }
  const longestFirst = [...forms].sort((a, b) => b.length - a.length || (a < b ? -1 : 1));
  let result = text;
  // Again while any is left: a replacement may join the two halves of another secret. Each round shortens the text that is not yet hidden.
  for (let round = 0; round < 4 && longestFirst.some((form) => result.includes(form)); round++) {
    for (const form of longestFirst) result = result.replaceAll(form, redacted);
  }
  return result;
}

function escapeUrl(text: string): string {
  try {
    return encodeURIComponent(text);
  } catch {
    // A lone surrogate: no URL can hold it.
    return text;
  }
}

/**
 * The parts of a value that {@link redactValue} hides, for {@link redactText}: what a program prints that was given the value. Longest first.
 */
export function secretsIn(kind: SecretKind, value: string): readonly string[] {
  const shown = redactValue(kind, value);
  if (shown === value) return [];
  const found = new Set<string>([value]);
  for (const part of [...urlParts(value), ...wordsOf(value)]) found.add(part);
  // What is still to be seen in the redacted value is no secret.
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

/** Arguments and assigned values at every depth of quoting. */
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
