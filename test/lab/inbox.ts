/**
 * Fakes of the notification services on one port of 127.0.0.1: Slack, WeCom (application and robot),
 * PagerDuty and a plain webhook. Each message is validated against the service's documented schema
 * (test/schemas) and answered as the service does.
 */
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Ajv, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';

export const services = [
  'slack',
  'pagerduty',
  'wecom-application',
  'wecom-robot',
  'webhook',
  'godrift',
] as const;
export type Service = (typeof services)[number];

/** A message that arrived. */
export interface Message {
  readonly service: Service;
  /** ms since the epoch. */
  readonly at: number;
  /** The body as it was sent. */
  readonly text: string;
  readonly body: unknown;
  /** Whether it says that all its alerts are resolved. */
  readonly resolved: boolean;
  /** Reasons for which the service would have refused it. */
  readonly faults: readonly string[];
}

export interface Inbox {
  readonly url: string;
  readonly messages: readonly Message[];
  /** Returns the messages of a service that contain a text, oldest first. */
  of(service: Service, text?: string): readonly Message[];
  stop(): Promise<void>;
}

/** Secrets, each of which must arrive at its own service only. */
export const secrets = {
  'wecom-secret': 'corp-secret-0000',
  'wecom-key': '693a91f6-7000-4bc4-97a0-0ec2sifa5aaa',
  'pagerduty-key': '0123456789abcdef0123456789abcdef',
  'webhook-token': 'webhook-token-0000',
  'godrift-token': 'godrift-token-0000',
} as const;

const ajv = new Ajv({ allErrors: true, allowUnionTypes: true });
// The package is CommonJS: in its types the function is the default export, in Node it is the module itself.
(addFormats as unknown as (to: Ajv) => void)(ajv);
ajv.addKeyword({
  keyword: 'maxBytes',
  type: 'string',
  validate: (limit: number, text: string) => Buffer.byteLength(text) <= limit,
});

function validator(name: string): ValidateFunction {
  const file = new URL(`../schemas/${name}.schema.json`, import.meta.url);
  return ajv.compile(JSON.parse(readFileSync(file, 'utf8')) as object);
}

interface Door {
  readonly service: Service;
  readonly schema: string;
  /** Reports whether the request carries the secret of the service. */
  readonly opens: (request: IncomingMessage, url: URL) => boolean;
  /** Matches messages that say that all alerts are resolved. */
  readonly resolved: RegExp;
  /** Status, content type and body of the answer. */
  readonly answer: readonly [number, string, string];
}

const bearer = (token: string) => (request: IncomingMessage) =>
  request.headers.authorization === `Bearer ${token}`;
const ok = [200, 'application/json', '{"errcode":0,"errmsg":"ok"}'] as const;
const accessToken = 'access-token-0000';

const doors: Readonly<Record<string, Door>> = {
  '/slack': {
    service: 'slack',
    schema: 'slack',
    opens: () => true,
    resolved: /"title":"\[resolved\]/,
    answer: [200, 'text/plain', 'ok'],
  },
  '/v2/enqueue': {
    service: 'pagerduty',
    schema: 'pagerduty',
    opens: () => true,
    resolved: /"event_action":"resolve"/,
    answer: [202, 'application/json', '{"status":"success","message":"Event processed","dedup_key":"x"}'],
  },
  '/cgi-bin/message/send': {
    service: 'wecom-application',
    schema: 'wecom-application',
    resolved: /"content":"\*\*resolved\*\*/,
    opens: (_request, url) => url.searchParams.get('access_token') === accessToken,
    answer: ok,
  },
  '/cgi-bin/webhook/send': {
    service: 'wecom-robot',
    schema: 'wecom-robot',
    resolved: /"content":"\*\*resolved\*\*/,
    opens: (_request, url) => url.searchParams.get('key') === secrets['wecom-key'],
    answer: ok,
  },
  '/webhook': {
    service: 'webhook',
    schema: 'webhook',
    resolved: /"status":"resolved","alerts"/,
    opens: bearer(secrets['webhook-token']),
    answer: [200, 'application/json', '{}'],
  },
  '/api/v1/alertmanager': {
    service: 'godrift',
    schema: 'webhook',
    resolved: /"status":"resolved","alerts"/,
    opens: bearer(secrets['godrift-token']),
    answer: [202, 'application/json', '{}'],
  },
};

const validators = new Map(
  [...new Set(Object.values(doors).map(({ schema }) => schema))].map((name) => [name, validator(name)]),
);

/** Returns the schema violations of a body, one line each. */
function faultsOf(schema: string, body: unknown): readonly string[] {
  const validate = validators.get(schema) as ValidateFunction;
  if (validate(body)) return [];
  return (validate.errors ?? []).map(({ instancePath, message = '' }) => `${instancePath} ${message}`);
}

/** Starts the fake services. */
export async function startInbox(): Promise<Inbox> {
  const messages: Message[] = [];
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? '/', 'http://inbox');
    const say = (status: number, type: string, text: string) =>
      response.writeHead(status, { 'content-type': type }).end(text);
    if (url.pathname === '/cgi-bin/gettoken') {
      const known = url.searchParams.get('corpsecret') === secrets['wecom-secret'];
      const answer = known ? { errcode: 0, access_token: accessToken } : { errcode: 40001 };
      return say(200, 'application/json', JSON.stringify(answer));
    }
    const door = doors[url.pathname];
    if (door === undefined) return say(404, 'text/plain', 'no such service');
    let text = '';
    for await (const chunk of request) text += chunk;
    const body: unknown = JSON.parse(text);
    const faults = [
      ...faultsOf(door.schema, body),
      ...(door.opens(request, url) ? [] : ['no or a wrong secret']),
    ];
    messages.push({
      service: door.service,
      at: Date.now(),
      text,
      body,
      resolved: door.resolved.test(text),
      faults,
    });
    return say(...door.answer);
  };
  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => response.writeHead(400).end(String(error)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    messages,
    of: (service, text = '') =>
      messages.filter((message) => message.service === service && message.text.includes(text)),
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
