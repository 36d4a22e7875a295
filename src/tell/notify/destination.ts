/**
 * Destinations of notifications: a URL, the kind of service there, and its credentials. Credentials leave
 * this file only in headers and URLs.
 */
import { AppError } from '../../catalog/errors.ts';
import { type DestinationKind, destinationKinds } from '../../catalog/options.ts';

export interface Destination {
  readonly kind: DestinationKind;
  /** Without user and password. For chats the whole URL is a secret. */
  readonly url: URL;
  /** Value of `Authorization`, if the kind takes one. */
  readonly authorization?: string;
  /** The secret of a WeCom application. */
  readonly secret?: string;
  /** Name for messages: kind and host. */
  readonly name: string;
}

const schemes = /^(alertmanager|slack|wecom|wecom-app|webhook)\+(https?:\/\/.*)$/s;

/** Guesses the kind from the URL; a plain webhook by default. */
function guess(url: URL): DestinationKind {
  if (/(^|\.)hooks\.slack(-gov)?\.com$/.test(url.hostname)) return 'slack';
  if (url.pathname.endsWith('/cgi-bin/webhook/send')) return 'wecom';
  if (url.hostname === 'qyapi.weixin.qq.com') return 'wecom-app';
  if (url.pathname.endsWith('/api/v2/alerts') || url.port === '9093') return 'alertmanager';
  return 'webhook';
}

/**
 * Parses `URL` or `kind+URL`. `kind` is used if the text names none. `token` is a bearer token, or the secret
 * of a WeCom application. Throws AppError, whose text never repeats the URL.
 */
export function parseDestination(
  text: string,
  kind: string | undefined,
  token: string | undefined,
): Destination {
  const [, scheme, address] = schemes.exec(text.trim()) ?? [];
  const url = URL.canParse(address ?? text.trim()) ? new URL(address ?? text.trim()) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw new AppError(
      'cannot use the --notify URL',
      'it is no http or https URL',
      `write https://…, or KIND+https://… with one of ${destinationKinds.join(', ')}`,
    );
  const known = (scheme ?? kind ?? guess(url)) as DestinationKind;
  const basic =
    url.username === '' && url.password === ''
      ? undefined
      : Buffer.from(`${decoded(url.username)}:${decoded(url.password)}`).toString('base64');
  url.username = '';
  url.password = '';
  const takesToken = known === 'alertmanager' || known === 'webhook';
  const authorization =
    takesToken && token !== undefined
      ? `Bearer ${token}`
      : basic === undefined
        ? undefined
        : `Basic ${basic}`;
  if (known === 'wecom-app') requireApplication(url, token);
  return {
    kind: known,
    url,
    ...(authorization === undefined ? {} : { authorization }),
    ...(known === 'wecom-app' && token !== undefined ? { secret: token } : {}),
    name: `${known} at ${url.host}`,
  };
}

/** Decodes percent escapes in userinfo; invalid ones stay as they are. */
function decoded(text: string): string {
  return text.replaceAll(/(?:%[0-9A-Fa-f]{2})+/g, (escapes) =>
    Buffer.from(escapes.replaceAll('%', ''), 'hex').toString('utf8'),
  );
}

/** Reports whether the kind uses a token. */
export function takesToken({ kind }: Destination): boolean {
  return kind === 'alertmanager' || kind === 'webhook' || kind === 'wecom-app';
}

function requireApplication(url: URL, token: string | undefined): void {
  const missing = ['corp_id', 'agent_id'].filter((name) => !url.searchParams.get(name));
  if (missing.length > 0 || token === undefined)
    throw new AppError(
      'cannot notify a WeCom application',
      `${[...missing, ...(token === undefined ? ['its secret'] : [])].join(' and ')} is missing`,
      'write wecom-app+https://qyapi.weixin.qq.com/?corp_id=…&agent_id=…&to_user=@all and name --notify-token-file',
    );
}
