/** The page at `/`: what people see first. Pure; no script, no external asset, refreshes itself. */
import type { Level } from '../catalog/facets.ts';
import type { Finding, Origin } from '../drift/model.ts';
import type { ExporterState, TargetState } from '../drift/state.ts';

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text for HTML, in elements and quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => entities[character] as string);
}

const style = `
:root{color-scheme:light dark;--fg:#1d2430;--dim:#566072;--bg:#f5f6f8;--card:#fff;--line:#d9dde4;--none:#1c7c3c;--patch:#1664a8;--minor:#8a5a00;--major:#b3261e}
@media (prefers-color-scheme:dark){:root{--fg:#e6e9ef;--dim:#a3adbd;--bg:#14181f;--card:#1d232d;--line:#343c49;--none:#63c785;--patch:#7fb8ee;--minor:#e5b04d;--major:#ff8a80}}
*{box-sizing:border-box}body{margin:0;font:15px/1.5 system-ui,sans-serif;color:var(--fg);background:var(--bg)}
header,main,footer{max-width:76rem;margin:auto;padding:1rem}h1{font-size:1.35rem;margin:0}header p,footer,.dim{color:var(--dim)}header p{margin:.25rem 0 0}
main{display:grid;gap:1rem;grid-template-columns:repeat(auto-fill,minmax(min(100%,34rem),1fr))}
article{background:var(--card);border:1px solid var(--line);border-left:.4rem solid var(--none);border-radius:.4rem;padding:1rem;min-width:0}
article.patch{border-left-color:var(--patch)}article.minor{border-left-color:var(--minor)}article.major{border-left-color:var(--major)}
h2{font-size:1.1rem;margin:0;overflow-wrap:anywhere}h3{font-size:.95rem;margin:1rem 0 .25rem}.level{font-weight:600}
.none .level,td.none{color:var(--none)}.patch .level,td.patch,b.patch{color:var(--patch)}.minor .level,td.minor,b.minor{color:var(--minor)}.major .level,td.major,b.major{color:var(--major)}
table{border-collapse:collapse;width:100%;font-size:.9rem}th,td{text-align:left;padding:.2rem .5rem .2rem 0;border-top:1px solid var(--line);vertical-align:top;overflow-wrap:anywhere}th{color:var(--dim);font-weight:500}
code{font:.9em ui-monospace,monospace}ul{margin:.25rem 0;padding-left:1.1rem}li{margin:.3rem 0;overflow-wrap:anywhere}a{color:var(--patch)}
`;

function time(ms: number | undefined): string {
  if (ms === undefined) return '–';
  const text = new Date(ms).toISOString();
  return `<time datetime="${text}">${text.slice(0, 19).replace('T', ' ')} UTC</time>`;
}

function where(origin: Origin | undefined): string {
  if (origin === undefined) return '';
  const place =
    origin.path === undefined
      ? origin.kind
      : `${origin.path}${origin.line === undefined ? '' : `:${origin.line}`}`;
  return ` <span class="dim">(${escapeHtml(place)})</span>`;
}

function findingItem(finding: Finding): string {
  const repair =
    finding.repair === undefined ? '' : `<br><span class="dim">repair:</span> ${escapeHtml(finding.repair)}`;
  return `<li><b class="${finding.level}">${finding.level}</b> <code>${escapeHtml(finding.rule)}</code> ${escapeHtml(finding.summary)}${where(finding.origin)}${repair}</li>`;
}

function findingList(title: string, findings: readonly Finding[]): string {
  return findings.length === 0 ? '' : `<h3>${title}</h3><ul>${findings.map(findingItem).join('')}</ul>`;
}

function facetRows(state: TargetState): string {
  return Object.entries(state.facetStatus)
    .map(([name, status]) => {
      const facet = state.facets[name as keyof TargetState['facets']];
      const drift = facet?.drift;
      const level: Level = drift?.level ?? 'none';
      const text =
        status !== 'ok'
          ? status.replace('_', ' ')
          : drift === undefined
            ? 'no baseline yet'
            : level === 'none'
              ? 'in sync'
              : level;
      const distance = drift === undefined ? '–' : drift.semanticDistance.toFixed(2);
      return `<tr><th scope="row">${name}</th><td class="${status === 'ok' && drift !== undefined ? level : ''}">${text}</td><td>${distance}</td><td>${time(drift?.since)}</td></tr>`;
    })
    .join('');
}

function card(state: TargetState): string {
  const by = (kind: Finding['kind']) => state.findings.filter((finding) => finding.kind === kind);
  const go =
    state.toolchain === undefined
      ? 'no go'
      : `go${state.toolchain.version} ${state.toolchain.goos}/${state.toolchain.goarch}`;
  const runs = state.collectors
    .map(
      (run) =>
        `${escapeHtml(run.collector)} ${run.success ? `${(run.durationSeconds * 1000).toFixed(0)} ms` : `failed${run.why === undefined ? '' : ` (${escapeHtml(run.why)})`}, last success ${time(run.lastSuccess)}`}`,
    )
    .join(' · ');
  const { baseline } = state;
  return `<article class="${state.level}" aria-labelledby="t-${escapeHtml(state.target)}">
<h2 id="t-${escapeHtml(state.target)}">${escapeHtml(state.target)} <span class="level">${state.level === 'none' ? 'in sync' : state.level}</span></h2>
<div>${escapeHtml(go)}${state.workspace === '' ? '' : ` · <code>${escapeHtml(state.workspace)}</code>`}${state.pool === '' ? '' : ` · pool ${escapeHtml(state.pool)}`}</div>
<div class="dim">baseline ${baseline.kind === 'none' ? 'none yet' : `${escapeHtml(baseline.source)}, ${time(baseline.time)}`} · environment ${state.environmentSource}</div>
<table><thead><tr><th scope="col">facet</th><th scope="col">state</th><th scope="col">distance</th><th scope="col">since</th></tr></thead><tbody>${facetRows(state)}</tbody></table>
${findingList('What changed', by('drift'))}${findingList('Pins', [...by('pin'), ...by('missing')])}${findingList('Conflicts', by('conflict'))}
<p class="dim">${runs} · looked ${time(state.time)}</p>
</article>`;
}

/** The whole page. */
export function statusPage(
  states: readonly TargetState[],
  exporter: ExporterState,
  telemetryPath: string,
): string {
  const body = states.length === 0 ? '<p>The first look is not over yet.</p>' : states.map(card).join('\n');
  const record = exporter.stateWritable
    ? `journal line ${exporter.journal.head?.seq ?? 0}`
    : 'state directory not writable: drifts are shown, not recorded';
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><meta http-equiv="refresh" content="15"><title>godrift</title><style>${style}</style></head>
<body><header><h1>godrift ${escapeHtml(exporter.version)}</h1><p>A target here is one Go environment: a workspace, the environment that would build it, and the go that answers. <a href="${escapeHtml(telemetryPath)}">Metrics</a></p></header>
<main>${body}</main>
<footer>${record} · ${exporter.passes} passes · revision ${escapeHtml(exporter.revision)}</footer></body></html>
`;
}
