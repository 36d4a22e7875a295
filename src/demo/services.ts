/** What runs in the sandbox: the exporter, with servers Prometheus, Alertmanager, Jaeger and the receiver of their messages too. */
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

/** A message that the receiver got, and when (milliseconds since the epoch). */
export interface Message extends Delivery {
  readonly at: number;
}

export interface Chain {
  readonly prometheus: Server;
  readonly alertmanager: Server;
  readonly jaeger: Server;
  /** In the order of arrival; grows. */
  readonly messages: readonly Message[];
}

export interface Services {
  readonly exporter: Exporter;
  readonly chain?: Chain;
  /** Ends all of them; the ones that watch others first. */
  stop(): Promise<void>;
}

/** What was started so far and has to end, in reverse. */
type Ending = () => Promise<void>;

/** As Promise.all, but not before both have settled: what did start by then has its ending. */
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

/** Starts everybody; when one fails, the others end and its error is thrown. */
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
