/**
 * `godrift demo`: shows drifts and their repair in a sandbox. `demo sink` is a webhook receiver that prints
 * messages.
 */

import { AppError } from '../../catalog/errors.ts';
import { describeMessage } from '../../demo/describe.ts';
import { createOutput, type DemoOutput, type Speed } from '../../demo/output.ts';
import { runScenario, type ScenarioOptions } from '../../demo/run-scenario.ts';
import { findSdks, makeSandbox, type Sandbox } from '../../demo/sandbox.ts';
import {
  isScenario,
  type Scenario,
  type ScenarioName,
  scenarioNames,
  scenarios,
} from '../../demo/scenarios.ts';
import { findServers, type ServerPrograms, serverNames } from '../../demo/servers.ts';
import { type Services, startServices } from '../../demo/services.ts';
import { NotSeen, until } from '../../demo/wait.ts';
import { keepScratch, removeScratch } from '../../host/scratch.ts';
import { onSignals } from '../../host/signals.ts';
import { openWebhookSink } from '../../host/webhook-sink.ts';
import { parseListenAddress } from '../../tell/listen-address.ts';
import type { Terminal } from '../terminal.ts';

/** Options of `godrift demo`. */
export interface DemoOptions {
  readonly withServers: boolean;
  readonly servers?: string;
  readonly keep: boolean;
  readonly speed?: Speed;
}

const keepLimitMs = 3_600_000;

/**
 * Returns the named scenarios, all of them for `all`, or the first without a name. Throws AppError for an
 * unknown name.
 */
function choose(names: readonly string[]): readonly ScenarioName[] {
  if (names.includes('all')) return scenarioNames;
  const unknown = names.find((name) => !isScenario(name));
  if (unknown !== undefined)
    throw new AppError(
      `cannot play ${unknown}`,
      'there is no such scenario',
      `name one or more of ${scenarioNames.join(', ')}, or all`,
    );
  return names.length === 0 ? ['goflags'] : (names as readonly ScenarioName[]);
}

function introduceSandbox(out: DemoOutput, sandbox: Sandbox): void {
  out.fact('sandbox', `${sandbox.directory} (its own HOME, workspace and state; yours are not touched)`);
  out.fact('go', `go${sandbox.go.version} ${sandbox.go.bin}`);
  if (sandbox.other !== undefined) out.fact('another go', `go${sandbox.other.version} ${sandbox.other.bin}`);
}

function introduceServices(out: DemoOutput, services: Services, programs: ServerPrograms | undefined): void {
  out.fact('exporter', `http://127.0.0.1:${services.exporter.port}`);
  if (services.chain === undefined || programs === undefined) return;
  for (const name of serverNames) {
    const { file, version } = programs[name];
    out.fact(name, `${services.chain[name].url} (${[file, version].filter(Boolean).join(' ')})`);
  }
}

/**
 * Plays the scenarios that this exporter can observe, in one sandbox. Returns 0, or 1 if none could be
 * played.
 */
async function play(names: readonly ScenarioName[], telling: ScenarioOptions): Promise<number> {
  const page = await telling.services.exporter.page();
  let told = 0;
  for (const name of names) {
    const { needs }: Scenario = scenarios[name];
    if (needs !== undefined && !page.includes(`\n${needs}{`)) {
      telling.out.say(`\n${name}: left out, this exporter does not observe it (no ${needs} on its page)`);
    } else {
      await runScenario(name, telling);
      told++;
    }
  }
  return told === 0 ? 1 : 0;
}

/**
 * Runs the demo. Returns 0 if everything expected was seen or the reader of stdout went away, and 1 if
 * something expected did not happen, a step failed or Ctrl-C ended it. Throws AppError (exit code 2) if it
 * cannot begin. All services are stopped and the sandbox is removed, except with `--keep`.
 */
export async function runDemo(
  terminal: Terminal,
  names: readonly string[],
  options: DemoOptions,
): Promise<number> {
  const chosen = choose(names);
  const programs = options.withServers ? await findServers(terminal.env, options.servers) : undefined;
  const sdks = await findSdks();
  const abort = new AbortController();
  onSignals({ stop: () => abort.abort(), reload: () => abort.abort() });
  const { lost } = terminal.stdout;
  lost?.addEventListener('abort', () => abort.abort());
  const speed = options.speed ?? (terminal.stdout.isTTY === true ? 'normal' : 'fast');
  const { signal } = abort;
  let sandbox: Sandbox | undefined;
  let services: Services | undefined;
  let kept = false;
  try {
    sandbox = await makeSandbox(sdks, signal);
    const { directory: scratch } = sandbox;
    const out = createOutput(terminal, speed, signal);
    introduceSandbox(out, sandbox);
    services = await startServices(sandbox, programs, signal);
    introduceServices(out, services, programs);
    const shortened = createOutput(terminal, speed, signal, (text) => text.replaceAll(scratch, '…'));
    const code = await play(chosen, { sandbox, services, out: shortened, signal });
    if (options.keep) {
      keepScratch(scratch);
      kept = true;
      out.say(`\nEverything keeps running for an hour; Ctrl-C ends it. The sandbox stays: ${scratch}`);
      await until('Ctrl-C', keepLimitMs, signal, async () => false).catch(() => {});
    }
    return code;
  } catch (error) {
    if (lost?.aborted === true) return 0;
    if (error instanceof NotSeen) {
      terminal.stderr.write(`godrift: not seen: ${error.message}\n`);
      return 1;
    }
    if (!signal.aborted) throw error;
    terminal.stderr.write('godrift: interrupted\n');
    return 1;
  } finally {
    await services?.stop();
    if (sandbox !== undefined && !kept) await removeScratch(sandbox.directory);
  }
}

/** Runs `godrift demo sink`: prints the messages of Alertmanager until stopped; returns 0. */
export async function runDemoSink(terminal: Terminal, address: string): Promise<number> {
  const { host = '0.0.0.0', port } = parseListenAddress(address, '--listen');
  const sink = await openWebhookSink(host, port, (message) => {
    const time = new Date().toISOString();
    terminal.stdout.write(
      `${time} ${describeMessage(message).replaceAll('\n', `\n${' '.repeat(time.length)}`)}\n`,
    );
  }).catch((error: Error) => {
    throw new AppError(`cannot listen on ${address}`, error.message, 'name a free port with --listen');
  });
  terminal.stdout.write(`listening on port ${sink.port}\n`);
  await new Promise<void>((resolve) => {
    onSignals({ stop: resolve, reload: () => {} });
    terminal.stdout.lost?.addEventListener('abort', () => resolve());
  });
  await sink.close();
  return 0;
}
