/**
 * Runs one scenario of the demo: the healthy state, the drift, what godrift and the servers report, and the
 * repair.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../catalog/errors.ts';
import { type Alert, alertsNow, spansOfTrace } from './ask.ts';
import { describeMessage, describeSpan } from './describe.ts';
import { tellingLines } from './exporter.ts';
import type { DemoOutput } from './output.ts';
import { inSandbox, type Sandbox } from './sandbox.ts';
import { type Scenario, type ScenarioName, scenarios } from './scenarios.ts';
import type { Chain, Message, Services } from './services.ts';
import { NotSeen, until } from './wait.ts';

const pageLimitMs = 60_000;
const alertLimitMs = 120_000;
const resolvedLimitMs = 180_000;
const traceLimitMs = 60_000;
const sameMomentMs = 500;

/** What a scenario needs. */
export interface ScenarioOptions {
  readonly sandbox: Sandbox;
  readonly services: Services;
  readonly out: DemoOutput;
  readonly signal: AbortSignal;
}

const seconds = (ms: number) => (ms < 1_000 ? `${ms} ms` : `${(ms / 1_000).toFixed(1)} s`);

const ending = (exitCode: number | undefined) => `exit ${exitCode ?? 'by a signal'}`;

/**
 * Runs a command line as the user of the sandbox and prints it with its output. Throws NotSeen if its exit
 * code is not one of `codes`; `any` is for commands that the drift breaks.
 */
async function show(
  { sandbox, out, signal }: ScenarioOptions,
  line: string,
  codes: readonly number[] | 'any' = [0],
): Promise<number | undefined> {
  const { output, exitCode } = await inSandbox(sandbox, line, signal);
  out.command(line, output, exitCode === 0 ? '' : ending(exitCode));
  if (codes !== 'any' && !codes.some((code) => code === exitCode))
    throw new NotSeen(`${line} ended with ${ending(exitCode)}, expected ${codes.join(' or ')}`);
  return exitCode;
}

/**
 * Runs demo/drift or demo/heal, which print the commands that a user would have typed. Returns when it ended,
 * ms since the epoch. Throws AppError if the script fails.
 */
async function perform(
  { sandbox, out, signal }: ScenarioOptions,
  script: string,
  name: string,
): Promise<number> {
  const { output, exitCode } = await inSandbox(sandbox, `sh "$DEMO/${script}" ${name}`, signal);
  for (const line of output.split('\n').filter(Boolean))
    if (line.startsWith('$ ')) out.command(line.slice(2), '');
    else out.say(line);
  if (exitCode !== 0) throw new AppError(`cannot ${script} ${name}`, ending(exitCode), `read demo/${script}`);
  return Date.now();
}

/**
 * Repairs the drift with demo/heal or the scenario's own commands. Returns when that was done, ms since the
 * epoch.
 */
async function heal(
  telling: ScenarioOptions,
  name: ScenarioName,
  traceId: string | undefined,
): Promise<number> {
  const { healedBy }: Scenario = scenarios[name];
  if (healedBy === undefined) return await perform(telling, 'heal', name);
  for (const line of healedBy) await show(telling, line);
  const healed = Date.now();
  if (traceId !== undefined) await show(telling, `godrift events --trace ${traceId}`);
  return healed;
}

/** Waits for the signs of the scenario, then prints and returns the lines that are new on the page. */
async function tellPage(
  telling: ScenarioOptions,
  scenario: Scenario,
  before: readonly string[],
  since: number,
): Promise<readonly string[]> {
  const { services, out, signal } = telling;
  const lines = await until(
    `the drift on ${services.exporter.port}/metrics`,
    pageLimitMs,
    signal,
    async () => {
      const added = tellingLines(await services.exporter.page()).filter((line) => !before.includes(line));
      return scenario.signs.every((sign) => added.some((line) => sign.test(line))) && added;
    },
  );
  out.fact('/metrics', `after ${seconds(Date.now() - since)}:\n${lines.join('\n')}`);
  return lines;
}

/**
 * Waits for a new alert, then prints the new alerts of Prometheus and the messages that Alertmanager sent
 * about them.
 */
async function tellAlerts(
  { out, signal }: ScenarioOptions,
  chain: Chain,
  before: readonly Alert[],
  since: number,
): Promise<void> {
  const isNew = ({ labels }: Alert) =>
    !before.some((old) => JSON.stringify(old.labels) === JSON.stringify(labels));
  await until('an alert in Prometheus', alertLimitMs, signal, async () =>
    (await alertsNow(chain.prometheus.url)).some((alert) => alert.state === 'firing' && isNew(alert)),
  );
  const firing = seconds(Date.now() - since);
  const message = await until('a message from Alertmanager', alertLimitMs, signal, async () =>
    chain.messages.find(({ at }) => at >= since),
  );
  // The other receivers of the group get their messages at the same moment.
  await delay(sameMomentMs, undefined, { signal });
  const alerts = (await alertsNow(chain.prometheus.url)).filter(isNew);
  out.fact('Prometheus', `fires after ${firing}:`);
  for (const { state, labels, annotations } of alerts.sort((a, b) => a.state.localeCompare(b.state))) {
    const name = `${labels['alertname']} (${labels['severity']})`;
    out.fact(
      '',
      `${name}${state === 'pending' ? ', pending until it has lasted long enough' : ''}\n${annotations['summary'] ?? ''}`,
    );
  }
  out.fact('Alertmanager', `notifies after ${seconds(message.at - since)}:`);
  for (const one of chain.messages.filter(({ at }) => at >= since)) out.fact('', describeMessage(one));
}

/** Waits until Jaeger has the named span in the trace, then prints the trace. */
async function tellTrace(
  { out, signal }: ScenarioOptions,
  chain: Chain,
  traceId: string,
  span: 'detect drift' | 'resolve drift',
): Promise<void> {
  const spans = await until(`${span} in Jaeger`, traceLimitMs, signal, async () => {
    const found = await spansOfTrace(chain.jaeger.url, traceId);
    return found.some(({ name }) => name === span) && found;
  });
  // At the end only the new span is shown, since the rest of the trace was shown before.
  const shown = span === 'detect drift' ? spans : spans.filter(({ name }) => name === span);
  out.fact('Jaeger', `trace ${traceId}\n${shown.map(describeSpan).join('\n')}`);
}

const traceIdOf = (lines: readonly string[]): string | undefined =>
  /^godrift_drift_trace_info\{.*trace_id="([0-9a-f]{32})"/.exec(
    lines.find((line) => line.startsWith('godrift_drift_trace_info{')) ?? '',
  )?.[1];

/**
 * Reports whether a message says that all of its alerts are resolved, in the format of Alertmanager,
 * PagerDuty or a text.
 */
const isResolved = ({ body }: Message) =>
  /^\{"receiver":"[^"]*","status":"resolved"|"event_action":"resolve"|RESOLVED/.test(body);

/** Runs and prints one scenario. Throws NotSeen if something expected does not happen in time. */
export async function runScenario(name: ScenarioName, telling: ScenarioOptions): Promise<void> {
  const scenario: Scenario = scenarios[name];
  const { services, out, signal } = telling;
  const { chain } = services;
  const { check = 'godrift check' } = scenario;
  await out.heading(`${name}: ${scenario.title}`);
  out.say(scenario.moral);

  await out.heading('All is well');
  const before = tellingLines(await services.exporter.page());
  const alertsBefore = chain === undefined ? [] : await alertsNow(chain.prometheus.url);
  for (const line of [...(scenario.prepared ?? []), ...scenario.user]) await show(telling, line);
  // The host may have findings that have nothing to do with the scenario.
  const well = await show(telling, check, [0, 1]);

  await out.heading('It drifts');
  const drifted = await perform(telling, 'drift', name);

  await out.heading('What godrift says');
  const lines = await tellPage(telling, scenario, before, drifted);
  const traceId = traceIdOf(lines);
  if (chain !== undefined) {
    await out.heading('What Prometheus, Alertmanager and Jaeger say');
    await tellAlerts(telling, chain, alertsBefore, drifted);
    if (traceId !== undefined) await tellTrace(telling, chain, traceId, 'detect drift');
  }

  await out.heading('What go says, and what a check says');
  for (const line of scenario.user) await show(telling, line, 'any');
  await show(telling, check, [1]);

  await out.heading(scenario.healedBy === undefined ? 'It heals' : 'It is put back');
  const healed = await heal(telling, name, traceId);
  await until('a page without drift', pageLimitMs, signal, async () =>
    tellingLines(await services.exporter.page()).every((line) => before.includes(line)),
  );
  out.fact('/metrics', `clean after ${seconds(Date.now() - healed)}`);
  if (chain !== undefined) {
    const message = await until('the message that it is resolved', resolvedLimitMs, signal, async () =>
      chain.messages.find((one) => one.at >= healed && isResolved(one)),
    );
    out.fact('Alertmanager', `resolved after ${seconds(message.at - healed)}:\n${describeMessage(message)}`);
    if (traceId !== undefined) await tellTrace(telling, chain, traceId, 'resolve drift');
  }
  for (const line of scenario.user) await show(telling, line);
  await show(telling, check, [well ?? 0]);
  await show(telling, `godrift events | grep -E ' (drift|resolved) ' | tail -n ${scenario.journalled ?? 2}`);
}
