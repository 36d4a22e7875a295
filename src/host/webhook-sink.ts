/** An HTTP server that receives webhooks and passes them on, for the demo. It stores nothing. */
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';

const bodyLimitBytes = 1024 * 1024;

/** A request received. */
export interface Delivery {
  /** Path of the URL, e.g. `/slack`. */
  readonly path: string;
  readonly body: string;
}

export interface WebhookSink {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Listens on `host:port` (port 0: any free one). Answers 200 to everything except a body above 1 MiB (413).
 * Throws the system's error (EADDRINUSE …).
 */
export async function openWebhookSink(
  host: string,
  port: number,
  take: (delivery: Delivery) => void,
): Promise<WebhookSink> {
  const server = http.createServer({ requestTimeout: 10_000 }, (request, response) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= bodyLimitBytes) chunks.push(chunk);
    });
    request.on('end', () => {
      const accepted = size <= bodyLimitBytes;
      // The fields that Alertmanager expects from Slack (ok), PagerDuty (status) and WeCom (errcode,
      // access_token).
      response.writeHead(accepted ? 200 : 413, { 'content-type': 'application/json' });
      response.end(
        accepted ? '{"ok":true,"status":"success","errcode":0,"errmsg":"ok","access_token":"demo"}' : '',
      );
      if (accepted && request.method === 'POST')
        take({
          path: (request.url ?? '/').split('?')[0] as string,
          body: Buffer.concat(chunks).toString('utf8'),
        });
    });
    request.on('error', () => response.destroy());
  });
  server.listen(port, host);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
