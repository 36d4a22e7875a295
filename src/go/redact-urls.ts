/** Secrets in lists of URLs and in free text with URLs: userinfo, queries, and tokens in paths. */
import { redacted } from './redacted.ts';

/**
 * URLs in GOPROXY, GOSUMDB and free text: userinfo, query and path go, and whatever might belong to them. Each region from one `://` to the
 * next is one URL and what follows it: a password may hold the separators of the list.
 */
export function redactUrls(value: string): string {
  const regions = value.split('://');
  const last = regions.length - 1;
  return regions
    .map((region, i) =>
      i === 0 ? redactBeforeUrl(region) : redactRegion(region, i === last, isFile(regions[i - 1] as string)),
    )
    .join('://');
}

const isFile = (before: string) => /(?:^|[,|\s])file$/.test(before);

/** {@link redactUrls} of what is mostly something else: a path or a flag with an `@` is no URL. */
export function redactUrlsIn(text: string): string {
  return /:\/\/|^[^\s/:@]+:[^\s/@]*@/.test(text) ? redactUrls(text) : text;
}

function redactBeforeUrl(text: string): string {
  const at = text.lastIndexOf('@');
  return at < 0 ? text : `${redacted}${text.slice(at)}`;
}

function redactRegion(region: string, isLast: boolean, file: boolean): string {
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
  const address = query < 0 ? rest : rest.slice(0, query);
  const shown = (file ? address : redactPath(address)) + (query < 0 ? '' : `${rest[query]}${redacted}`);
  return (at < 0 ? '' : `${redacted}@`) + shown + tail;
}

/** What the paths of module proxies and repositories are made of everywhere. */
const knownParts =
  /^(?:|_?packaging|api|artifactory|athens|basic|content|feeds?|go|go-?proxy|golang|groups?|mod|modules|nexus|packages|projects?|proxy|public|repos?|repository|sumdb|v\d|virtual)$/i;

/** Hosts hand out addresses with a token in the path; no form tells it from a name, so that only parts known to be public are shown. */
function redactPath(address: string): string {
  const [host = '', ...parts] = address.split('/');
  return [host, ...parts.map((part) => (knownParts.test(part) ? part : redacted))].join('/');
}

/** What may follow a URL in a list of proxies and is certainly no part of it. */
const keywordTail = /(?:[,|](?:direct|off))*$/;
const keywordAndSchemeTail = /(?:[,|](?:direct|off))*[,|\s](?:https?|file|ssh|git)$/;
