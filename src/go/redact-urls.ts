/** Redacts lists of URLs and free text with URLs: userinfo, queries, and tokens in paths. */
import { redacted } from './redacted.ts';

/**
 * Redacts URLs in GOPROXY, GOSUMDB and free text: hides userinfo, query and path, and any text that may
 * belong to them. The text is split at `://` instead of at the separators of the list, since a password may
 * hold separators.
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

/** Like {@link redactUrls}, for text that is usually no URL: a path or flag with an `@` is left alone. */
export function redactUrlsIn(text: string): string {
  return /:\/\/|^[^\s/:@]+:[^\s/@]*@/.test(text) ? redactUrls(text) : text;
}

function redactBeforeUrl(text: string): string {
  const at = text.lastIndexOf('@');
  return at < 0 ? text : `${redacted}${text.slice(at)}`;
}

function redactRegion(region: string, isLast: boolean, file: boolean): string {
  const tail = (isLast ? keywordTail : keywordAndSchemeTail).exec(region)?.[0] ?? '';
  // No scheme precedes the next `://`, so it is part of a secret.
  if (!isLast && tail === '') return redacted;
  const body = region.slice(0, region.length - tail.length);
  const at = body.lastIndexOf('@');
  const userinfo = at < 0 ? '' : body.slice(0, at);
  // A slash or separator before the @ is either unescaped userinfo or no userinfo: ambiguous, so all is
  // hidden.
  if (/[/?#,|\s]/.test(userinfo)) return redacted + tail;
  const rest = body.slice(at + 1);
  const query = rest.search(/[?#]/);
  const address = query < 0 ? rest : rest.slice(0, query);
  const shown = (file ? address : redactPath(address)) + (query < 0 ? '' : `${rest[query]}${redacted}`);
  return (at < 0 ? '' : `${redacted}@`) + shown + tail;
}

/** Path elements that are common to the URLs of module proxies and repositories, and therefore public. */
const knownParts =
  /^(?:|_?packaging|api|artifactory|athens|basic|content|feeds?|go|go-?proxy|golang|groups?|mod|modules|nexus|packages|projects?|proxy|public|repos?|repository|sumdb|v\d|virtual)$/i;

/**
 * Redacts the path of a URL. Some hosts put a token into the path, which looks like any name: only known
 * public elements are shown.
 */
function redactPath(address: string): string {
  const [host = '', ...parts] = address.split('/');
  return [host, ...parts.map((part) => (knownParts.test(part) ? part : redacted))].join('/');
}

/** Text after a URL in a list of proxies that is certainly not part of the URL. */
const keywordTail = /(?:[,|](?:direct|off))*$/;
const keywordAndSchemeTail = /(?:[,|](?:direct|off))*[,|\s](?:https?|file|ssh|git)$/;
