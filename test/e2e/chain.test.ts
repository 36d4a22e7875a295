/**
 * The whole notification chain, with the shipped configuration files: a real exporter, Prometheus and
 * Alertmanager, and fake services that validate each message. bench/chain.js measures how long it takes.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  alertmanagerConfig,
  type Chain,
  type DriftingWorld,
  round,
  startChain,
  startDriftingWorld,
  told,
} from '../lab/chain.ts';
import { eventually } from '../lab/godrift.ts';
import { type Inbox, type Message, type Service, startInbox } from '../lab/inbox.ts';
import { type RunningServer, startAlertmanager } from '../lab/servers.ts';
import { ensureToolchain } from '../lab/toolchains.ts';

interface WebhookBody {
  readonly groupLabels: Readonly<Record<string, string>>;
  readonly alerts: readonly {
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
  }[];
}

const faults = (messages: readonly Message[]) =>
  messages
    .filter((message) => message.faults.length > 0)
    .map(({ service, faults: why, text }) => ({ service, why, text }));

describe('a drift, with intervals of 1 s', async () => {
  const toolchain = await ensureToolchain('1.26.0');
  let drifting: DriftingWorld;
  let chain: Chain;

  beforeAll(async () => {
    drifting = await startDriftingWorld(toolchain, '1s');
    chain = await startChain(drifting.exporter, 1);
  });

  afterAll(async () => {
    await chain?.stop();
    await drifting?.exporter.stop();
  });

  it('reaches chat and archive, as does its end, three times in a row', async () => {
    for (let count = 0; count < 3; count++) await round(drifting, chain);
    for (const service of told) {
      const [firing = [], resolved = []] = [false, true].map((end) =>
        chain.inbox.of(service).filter((message) => message.resolved === end),
      );
      expect(firing.length, service).toBeGreaterThanOrEqual(3);
      expect(resolved.length, service).toBeGreaterThanOrEqual(3);
      expect(firing[0]?.text).toContain('env.CGO_ENABLED (none) → 0');
    }
    expect(faults(chain.inbox.messages)).toEqual([]);
  });

  it('is one message per target that names its trace and its runbook', () => {
    const bodies = chain.inbox.of('webhook').map(({ body }) => body as WebhookBody);
    const instance = `127.0.0.1:${drifting.exporter.port}`;
    for (const { groupLabels, alerts } of bodies) {
      expect(groupLabels).toEqual({ job: 'godrift', instance, target: 'default' });
      for (const { labels, annotations } of alerts) {
        expect(annotations['runbook_url']).toContain(`${labels['alertname']}.md`);
        expect(annotations['trace_id']).toMatch(/^[0-9a-f]{32}$/);
      }
    }
    const names = new Set(bodies.flatMap(({ alerts }) => alerts.map(({ labels }) => labels['alertname'])));
    expect([...names].toSorted()).toEqual(['GodriftDriftMinor']);
  });

  it('pages only when major, and resolves the same page at its end', async () => {
    const { inbox } = chain;
    expect(inbox.of('pagerduty')).toEqual([]);
    drifting.drift('GOARCH=arm64');
    const page = await eventually('a page', async () => inbox.of('pagerduty')[0]);
    expect(page.body).toMatchObject({
      event_action: 'trigger',
      payload: { severity: 'error', component: 'default', source: `127.0.0.1:${drifting.exporter.port}` },
    });
    expect(page.text).toContain('env.GOARCH (none) → arm64');
    drifting.heal();
    const end = await eventually('the resolution of the page', async () =>
      inbox.of('pagerduty').find(({ resolved }) => resolved),
    );
    expect((end.body as { dedup_key: string }).dedup_key).toBe(
      (page.body as { dedup_key: string }).dedup_key,
    );
    expect(faults(inbox.messages)).toEqual([]);
    expect(inbox.of('godrift')).toEqual([]);
  });
});

describe('Alertmanager with the shipped configuration', () => {
  let inbox: Inbox;
  let alertmanager: RunningServer;

  beforeAll(async () => {
    inbox = await startInbox();
    alertmanager = await startAlertmanager({ config: alertmanagerConfig(inbox.url, 1) });
  });

  afterAll(async () => {
    await alertmanager?.stop();
    await inbox?.stop();
  });

  const post = async (
    alerts: readonly { labels: Record<string, string>; annotations?: Record<string, string> }[],
  ) => {
    const response = await fetch(`${alertmanager.url}/api/v2/alerts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(
        alerts.map((alert) => ({ generatorURL: 'http://prometheus.example.com/', ...alert })),
      ),
    });
    expect(response.status).toBe(200);
  };
  const arrived = (service: Service, text: string) =>
    eventually(`a message for ${service}`, async () => inbox.of(service, text)[0]);

  it('truncates and escapes long and hostile texts for every service', async () => {
    // Four-byte characters, more alerts than fit into a message, and words that mention a channel or close a
    // tag.
    const long = '\u{1f41b}'.repeat(500);
    await post(
      Array.from({ length: 12 }, (_, index) => ({
        labels: {
          alertname: `GodriftDriftMajor${index}`,
          severity: 'error',
          job: 'godrift',
          instance: `hostile:9464`,
          target: `api${'\u{1f41b}'.repeat(60)}`,
        },
        annotations: {
          summary: `<!channel> <@all> </font> & "${long}`,
          description: `<!channel> \`"'\n\u0000 {{ .Alerts }} ${long}`,
          runbook_url: `https://github.com/godrift/godrift/blob/main/docs/runbooks/GodriftDriftMajor.md`,
        },
      })),
    );
    for (const service of [...told, 'pagerduty'] as const) await arrived(service, 'hostile:9464');
    expect(faults(inbox.messages)).toEqual([]);
    const slack = JSON.stringify((inbox.of('slack', 'hostile')[0] as Message).body);
    expect(slack).toContain('&lt;!channel&gt; &lt;@all&gt;');
    expect(slack).not.toMatch(/<[!@]/);
    expect(slack).toContain('and 2 more');
    for (const service of ['wecom-application', 'wecom-robot'] as const) {
      const wecom = JSON.stringify((inbox.of(service, 'hostile')[0] as Message).body);
      expect(wecom).toContain('‹@all›');
      expect(wecom).not.toContain('<@all>');
      expect(wecom).toContain('and 9 more');
    }
  });

  it('sends a rollback request for each facet of an alert with godrift_action=rollback', async () => {
    const labels = {
      alertname: 'GodriftRollback',
      severity: 'warning',
      job: 'godrift',
      instance: 'ask:9464',
      target: 'api',
      godrift_action: 'rollback',
    };
    await post(['env', 'toolchain'].map((facet) => ({ labels: { ...labels, facet } })));
    await eventually('two requests', async () => inbox.of('godrift', 'ask:9464').length === 2);
    expect(
      inbox
        .of('godrift')
        .map(({ body }) => (body as WebhookBody).groupLabels['facet'])
        .toSorted(),
    ).toEqual(['env', 'toolchain']);
    expect(faults(inbox.messages)).toEqual([]);
  });

  it('sends patch-level alerts to the archive only', async () => {
    await post([
      {
        labels: {
          alertname: 'GodriftDriftPatch',
          severity: 'info',
          job: 'godrift',
          instance: 'patch:9464',
          target: 'api',
        },
      },
    ]);
    await arrived('webhook', 'patch:9464');
    // Sent later and through a slower route: by its arrival, any other message about the patch would have
    // arrived.
    await post([
      {
        labels: {
          alertname: 'GodriftDriftMinor',
          severity: 'warning',
          job: 'godrift',
          instance: 'later:9464',
        },
      },
    ]);
    await arrived('slack', 'later:9464');
    expect(
      inbox.messages.filter(({ text }) => text.includes('patch:9464')).map(({ service }) => service),
    ).toEqual(['webhook']);
  });
});
