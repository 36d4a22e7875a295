/** Sends a notification to one destination in the format of its kind. */
import { AbortError } from 'p-retry';
import { createHttpClient, type HttpClient, type Outgoing } from '../../host/http-client.ts';
import { alertmanagerBody, alertsUrl } from './alertmanager.ts';
import { slackBody, wecomMarkdown } from './chat.ts';
import type { Destination } from './destination.ts';
import type { Notification } from './notification.ts';
import { deliver, type Limit, type PostOptions, request, TryAgain } from './post.ts';
import { webhookBody } from './webhook.ts';

// developer.work.weixin.qq.com: limits of a message's content, in bytes of UTF-8.
const robotLimit = 4096;
const applicationLimit = 2048;

/** Evaluates an answer of WeCom, which is always 200: `errcode` says what happened. */
function wecomAnswer(text: string): Readonly<Record<string, unknown>> {
  let answer: Record<string, unknown> | null;
  try {
    answer = JSON.parse(text);
  } catch {
    answer = null;
  }
  if (answer === null || typeof answer !== 'object')
    throw new AbortError('it answered with something else than a JSON object');
  const code = Number(answer['errcode'] ?? 0);
  // -1: the system is busy; 45009: too many calls; 40014 and 42001: the token is invalid or expired.
  if ([-1, 45009, 40014, 42001].includes(code)) throw new TryAgain(`it answered errcode ${code}`);
  if (code !== 0) throw new AbortError(`it answered errcode ${code}`);
  return answer;
}

/**
 * Sends a message of an application: gets a token for the secret, then posts the message
 * (work.weixin.qq.com/api, message/send).
 */
async function sendToApplication(
  client: HttpClient,
  { url, secret = '' }: Destination,
  notification: Notification,
  limit: Limit,
): Promise<void> {
  const of = (name: string) => url.searchParams.get(name) ?? '';
  const call = (name: string, query: Readonly<Record<string, string>>) => {
    const target = new URL(`/cgi-bin/${name}`, url);
    for (const [key, value] of Object.entries(query)) target.searchParams.set(key, value);
    return target;
  };
  const tokenCall = call('gettoken', { corpid: of('corp_id'), corpsecret: secret });
  const token = wecomAnswer(await request(client, { url: tokenCall }, limit))['access_token'];
  if (typeof token !== 'string') throw new AbortError('it gave no token');
  const addressed = of('to_user') + of('to_party') + of('to_tag');
  const body = {
    touser: addressed === '' ? '@all' : of('to_user'),
    toparty: of('to_party'),
    totag: of('to_tag'),
    msgtype: 'markdown',
    agentid: Number(of('agent_id')),
    markdown: { content: wecomMarkdown(notification, applicationLimit) },
  };
  const message = { url: call('message/send', { access_token: token }), body };
  wecomAnswer(await request(client, message, limit));
}

async function sendOnce(
  client: HttpClient,
  destination: Destination,
  notification: Notification,
  limit: Limit,
): Promise<void> {
  const { kind, url, authorization } = destination;
  const headers = authorization === undefined ? {} : { Authorization: authorization };
  const post = (body: unknown, to = url) => request(client, { url: to, headers, body }, limit);
  switch (kind) {
    case 'alertmanager':
      await post(alertmanagerBody(notification), alertsUrl(url));
      return;
    case 'slack':
      await post(slackBody(notification));
      return;
    case 'wecom': {
      const body = { msgtype: 'markdown', markdown: { content: wecomMarkdown(notification, robotLimit) } };
      wecomAnswer(await post(body));
      return;
    }
    case 'wecom-app':
      await sendToApplication(client, destination, notification, limit);
      return;
    case 'webhook':
      await post(webhookBody(notification));
  }
}

/** Delivers a notification. Rejects with an error whose message contains no secrets. */
export async function send(
  destination: Destination,
  notification: Notification,
  outgoing: Outgoing,
  options?: PostOptions,
): Promise<void> {
  const client = createHttpClient(outgoing);
  try {
    await deliver((limit) => sendOnce(client, destination, notification, limit), options);
  } finally {
    client.close();
  }
}
