/**
 * Takes secrets out of values before anything else sees them. Which variable holds what kind of secret says the catalogue
 * (src/catalog/variables.ts); here is how each kind is found. Where the form of a value is doubtful, more is hidden rather than less.
 * The same value always gives the same text.
 */
import { joinQuoted, splitQuoted } from './goflags.ts';

/** Kinds of secrets; the catalogue's `SecretClass`. */
export type SecretKind = 'none' | 'url-userinfo' | 'linker-values' | 'arguments' | 'whole';

/** What stands in the place of a secret. */
export const redacted = 'redacted';

/** The value without its secrets. An empty value stays empty: that nothing is set is no secret. */
export function redactValue(kind: SecretKind, value: string): string {
  if (value === '') return value;
  switch (kind) {
    case 'none':
      return value;
    case 'whole':
      return redacted;
    case 'url-userinfo':
      return redactUrls(value);
    case 'arguments':
      return redactCommands(value);
    case 'linker-values':
      return redactGoflags(value);
  }
}

/**
 * URLs in GOPROXY, GOSUMDB and free text: userinfo and query go, and whatever might belong to them. Each region from one `://` to the
 * next is one URL and what follows it: a password may hold the separators of the list.
 */
export function redactUrls(value: string): string {
  const regions = value.split('://');
  const last = regions.length - 1;
  return regions
    .map((region, i) => (i === 0 ? redactBeforeUrl(region) : redactRegion(region, i === last)))
    .join('://');
}

function redactBeforeUrl(text: string): string {
  const at = text.lastIndexOf('@');
  return at < 0 ? text : `${redacted}${text.slice(at)}`;
}

function redactRegion(region: string, isLast: boolean): string {
  const tail = (isLast ? keywordTail : keywordAndSchemeTail).exec(region)?.[0] ?? '';
  // What precedes `://` is no scheme: the mark stands inside of a secret.
  if (!isLast && tail === '') return redacted;
  const body = region.slice(0, region.length - tail.length);
  const at = body.lastIndexOf('@');
  const userinfo = at < 0 ? '' : body.slice(0, at);
  // A slash or a separator before the @: userinfo that nobody escaped, or no userinfo at all. No telling, so nothing is shown.
  if (/[/?#,|\s]/.test(userinfo)) return redacted + tail;
  const rest = body.slice(at + 1);
  const query = rest.search(/[?#]/);
  const shown = query < 0 ? rest : `${rest.slice(0, query + 1)}${redacted}`;
  return (at < 0 ? '' : `${redacted}@`) + shown + tail;
}

/** What may follow a URL in a list of proxies and is certainly no part of it. */
const keywordTail = /(?:[,|](?:direct|off))*$/;
const keywordAndSchemeTail = /(?:[,|](?:direct|off))*[,|\s](?:https?|file|ssh|git)$/;

/** GOAUTH separates commands by semicolons; in GOCACHEPROG one is part of an argument, so later commands show only what GOAUTH itself names. */
function redactCommands(value: string): string {
  const [first = '', ...more] = value.split(';');
  if ([first, ...more].some((command) => 'problem' in splitQuoted(command))) return redacted;
  const shown = (command: string) =>
    /^\s*(?:netrc|off|git)(?:\s|$)/.test(command) ? redactCommand(command) : redacted;
  return [redactCommand(first), ...more.map(shown)].join(';');
}

/** A command line of GOAUTH or GOCACHEPROG: the command word stays, the arguments go. */
function redactCommand(command: string): string {
  const lead = /^\s*/.exec(command)?.[0] ?? '';
  const split = splitQuoted(command);
  if ('problem' in split) return lead + redacted;
  const [word, ...rest] = split.fields;
  if (word === undefined) return command;
  const shown = /[=@?]|:\/\//.test(word) ? redacted : (joinQuoted([word]) ?? redacted);
  return lead + (rest.length === 0 ? shown : `${shown} ${redacted}`);
}

/** GOFLAGS: values that `-X` sets, arguments of -toolexec and -exec, fields that are no flag. */
function redactGoflags(value: string): string {
  const split = splitQuoted(value);
  if ('problem' in split) return redacted;
  const fields = split.fields.map(redactFlag);
  if (fields.every((field, i) => field === split.fields[i])) return value;
  return joinQuoted(fields) ?? fields.map((field) => joinQuoted([field]) ?? redacted).join(' ');
}

function redactFlag(field: string): string {
  const [, head, name, value] = /^(--?([A-Za-z][^=]*)=)([\s\S]*)$/.exec(field) ?? [];
  if (head === undefined || name === undefined || value === undefined) {
    return /^--?[A-Za-z][\w.-]*$/.test(field) ? field : redactAssignment(field);
  }
  if (name === 'ldflags' || name === 'gccgoflags') return head + redactLinkerFlags(value);
  if (name === 'toolexec' || name === 'exec') return head + redactCommand(value);
  if (name === 'X') return head + redactAssignment(value);
  return head + redactUrls(value);
}

/** `name=value` keeps its name; anything else is hidden whole. */
function redactAssignment(text: string): string {
  const name = /^['"]?([\w./~-]+)=/.exec(text)?.[1];
  return name === undefined ? redacted : `${name}=${redacted}`;
}

/** Flags of cmd/link (and of the external linker's driver) whose next word is theirs (`go tool link -help`). */
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
 * A value of -ldflags, in GOFLAGS or in build information: `[pattern=]flags`, where `-X name=value`, `-X=name=value` and `--X …` lose
 * their values, and so does every word that no flag claims.
 */
export function redactLinkerFlags(value: string): string {
  const pattern = /^[^-\s'"=][^\s'"=]*=/.exec(value)?.[0] ?? '';
  const split = splitQuoted(value.slice(pattern.length));
  if ('problem' in split) return pattern + redacted;
  const out: string[] = [];
  let claims = '';
  for (const field of split.fields) {
    const flag = /^--?([A-Za-z][\w.-]*)(=?)([\s\S]*)$/.exec(field);
    if (claims === 'X') out.push(redactAssignment(field));
    else if (flag?.[1] === 'X' && flag[2] === '=') out.push(`-X=${redactAssignment(flag[3] ?? '')}`);
    else if (flag && (flag[2] === '=' || flag[3] === '')) out.push(redactUrls(field));
    else
      out.push(
        claims === 'word'
          ? redactUrls(field)
          : claims === 'flags' && field.startsWith('-')
            ? field
            : redacted,
      );
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
  for (const part of kind === 'whole' || kind === 'url-userinfo' ? urlParts(value) : wordsOf(value))
    found.add(part);
  // What is still to be seen in the redacted value is no secret.
  return [...found]
    .filter((part) => part.length >= shortestSecret && !shown.includes(part))
    .sort((a, b) => b.length - a.length);
}

function urlParts(value: string): readonly string[] {
  return value.split('://').flatMap((region) => {
    const userinfo = region.slice(0, Math.max(0, region.lastIndexOf('@')));
    return [userinfo, userinfo.slice(userinfo.indexOf(':') + 1), ...region.split(/[?#]/).slice(1)];
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
