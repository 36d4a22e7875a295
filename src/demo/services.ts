/**
 * The services of a demo: the exporter and, with `--with-servers`, Prometheus, Alertmanager, Jaeger and a
 * webhook receiver.
 */
import path from 'node:path';
import { type Delivery, openWebhookSink, type WebhookSink } from '../host/webhook-sink.ts';
import { hasEvaluated } from './ask.ts';
import { type Exporter, startExporter } from './exporter.ts';
import type { Sandbox } from './sandbox.ts';
import {
  type Server,
  type ServerPrograms,
  startAlertmanager,
  startJaeger,
  startPrometheus,
} from './servers.ts';
import { until } from './wait.ts';

const evaluatedLimitMs = 120_000;

/** A message that the receiver got, and when (ms since the epoch). */
export interface Message extends Delivery {
  readonly at: number;
}

/** The servers behind the exporter. */
export interface Chain {
  readonly prometheus: Server;
  readonly alertmanager: Server;
  readonly jaeger: Server;
  /** The messages received so far, in the order of arrival; the array grows. */
  readonly messages: readonly Message[];
}

/** The running services. */
export interface Services {
  readonly exporter: Exporter;
  readonly chain?: Chain;
  /** Stops all services in the reverse order of their start. */
  stop(): Promise<void>;
}

/** Stops a service that was started. */
type Ending = () => Promise<void>;

/**
 * Like Promise.all, but waits for both even if one rejects, so that a service that started is stopped as
 * well.
 */
async function allSettled<A, B>(a: Promise<A>, b: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([a, b]);
  return await Promise.all([a, b]);
}

async function startChain(
  sandbox: Sandbox,
  programs: ServerPrograms,
  endings: Ending[],
  signal: AbortSignal,
): Promise<{ exporter: Exporter; chain: Chain }> {
  const place = (name: string) => path.join(sandbox.directory, name);
  const ends = async <T>(starting: Promise<T>, end: (started: T) => Promise<void>): Promise<T> => {
    const started = await starting;
    endings.push(() => end(started));
    return started;
  };
  const stop = (server: Server) => server.service.stop();
  const messages: Message[] = [];
  const sink: WebhookSink = await ends(
    openWebhookSink('127.0.0.1', 0, (delivery) => messages.push({ ...delivery, at: Date.now() })),
    (opened) => opened.close(),
  );
  const receiver = `http://127.0.0.1:${sink.port}`;
  const [jaeger, alertmanager] = await allSettled(
    ends(startJaeger(programs.jaeger.file, place('jaeger'), signal), stop),
    ends(startAlertmanager(programs.alertmanager.file, place('alertmanager'), receiver, signal), stop),
  );
  const exporter = await ends(startExporter(sandbox, jaeger.otlp, signal), ({ service }) => service.stop());
  const prometheus = await ends(
    startPrometheus(
      programs.prometheus.file,
      place('prometheus'),
      { exporter: `127.0.0.1:${exporter.port}`, alertmanager: new URL(alertmanager.url).host },
      signal,
    ),
    stop,
  );
  await until('the first evaluation in Prometheus', evaluatedLimitMs, signal, () =>
    hasEvaluated(prometheus.url),
  );
  return { exporter, chain: { prometheus, alertmanager, jaeger, messages } };
}

/** Starts all services. If one fails, stops the others and throws its error. */
export async function startServices(
  sandbox: Sandbox,
  programs: ServerPrograms | undefined,
  signal: AbortSignal,
): Promise<Services> {
  const endings: Ending[] = [];
  const stop = async () => {
    for (const end of endings.splice(0).reverse()) await end();
  };
  try {
    if (programs === undefined) {
      const exporter = await startExporter(sandbox, undefined, signal);
      endings.push(() => exporter.service.stop());
      return { exporter, stop };
    }
    return { ...(await startChain(sandbox, programs, endings, signal)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
