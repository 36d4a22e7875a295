/** Asks for rollbacks as an alert does: by an authenticated webhook at a running exporter in mode auto, and reads in its journal what came of it. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { facetsWithRollback } from '../../src/catalog/facets.ts';
import { type Exporter, eventually, startExporter } from '../lab/godrift.ts';
import { freePorts } from '../lab/ports.ts';
import { scratch } from '../lab/toolchains.ts';
import type { Site } from './site.ts';

/** What of the answer of a rollback counts here. */
export interface Answer {
  readonly facet: string;
  readonly result: string;
  readonly why?: string;
  readonly steps: readonly { readonly path: string }[];
  readonly left: readonly { readonly key: string; readonly why: string }[];
  readonly refusals: readonly string[];
}

/** Asks for one facet: an answer, or what was said instead. */
export type AskFacet = (site: Site, facet: string) => Promise<Answer | { readonly said: string }>;

interface Line {
  readonly type: string;
  readonly action?: string;
  readonly facets?: readonly string[];
  readonly why?: string;
  readonly result?: string;
  readonly files?: readonly string[];
  readonly refusals?: readonly string[];
}

function journal(home: string): readonly Line[] {
  const folder = join(home, 'state/journal');
  return readdirSync(folder)
    .toSorted()
    .flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n').slice(0, -1))
    .map((line) => JSON.parse(line) as Line);
}

/** An exporter of a site that does at once what alerts ask. It lies outside of the home, of which every name counts. */
export async function startAsked(
  site: Site,
): Promise<{ readonly ask: AskFacet; readonly exporter: Exporter }> {
  const folder = scratch('asked');
  const token = 'token-of-the-alertmanager';
  writeFileSync(join(folder, 'token'), token, { mode: 0o600 });
  const [port = 0] = await freePorts(1);
  const config = join(folder, 'godrift.yml');
  const allow = [{ target: 'default', facets: facetsWithRollback }];
  writeFileSync(
    config,
    stringify({
      rollback: { mode: 'auto', allow, cooldown: '0s', quarantine: '0s' },
      admin: { listen: `127.0.0.1:${port}`, tokens: [{ file: join(folder, 'token'), scope: 'rollback' }] },
      targets: [{ name: 'default', workspace: site.workspace }],
    }),
  );
  const { home, workspace } = site;
  const env = Object.fromEntries(
    Object.entries(site.env).filter((pair): pair is [string, string] => pair[1] !== undefined),
  );
  const world = { home, workspace, state: join(home, 'state'), env };
  const exporter = await startExporter(world, ['--config.file', config]);
  const ask: AskFacet = async (_, facet) => {
    const labels = { alertname: 'GodriftRollback', target: 'default', facet, godrift_action: 'rollback' };
    const startsAt = new Date().toISOString();
    const alert = {
      status: 'firing',
      labels,
      annotations: {},
      startsAt,
      fingerprint: Buffer.from(facet.padEnd(8)).toString('hex').slice(0, 16),
    };
    const common = {
      version: '4',
      groupKey: '{}',
      status: 'firing',
      receiver: 'remediation',
      truncatedAlerts: 0,
    };
    const said = await fetch(`http://127.0.0.1:${port}/api/v1/alertmanager`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` },
      body: JSON.stringify({ ...common, alerts: [{ ...alert, endsAt: '0001-01-01T00:00:00Z' }] }),
    });
    if (said.status !== 202) throw new Error(`${said.status} ${await said.text()}`);
    const lines = await eventually(`the answer to the alert of ${facet}`, async () => {
      const found = journal(home).filter((line) => line.facets?.includes(facet));
      return found.some(({ action }) => action === 'answer') && found;
    });
    return answerOf(facet, lines);
  };
  return { ask, exporter };
}

function answerOf(facet: string, lines: readonly Line[]): Answer | { readonly said: string } {
  const of = (type: string) => lines.findLast((line) => line.type === type);
  const { refusals = [] } = of('refusal') ?? {};
  const { files = [] } = of('intent') ?? {};
  const outcome = of('outcome');
  const about = { facet, steps: files.map((path) => ({ path })), left: [], refusals };
  if (outcome !== undefined) return { ...about, result: outcome.result ?? '', why: outcome.why ?? '' };
  if (refusals.length > 0) return { ...about, result: 'refused' };
  return { said: lines.findLast(({ action }) => action === 'answer')?.why ?? '' };
}
