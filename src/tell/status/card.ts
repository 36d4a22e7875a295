/**
 * One target on the status page: a card with all details, or a table row. Pure; times are relative to its
 * last observation.
 */
import { counted } from '../../catalog/counted.ts';
import type { Facet } from '../../catalog/facets.ts';
import type { Finding } from '../../drift/model.ts';
import { shortDigests } from '../../drift/short-digests.ts';
import type { CollectorState, TargetState } from '../../drift/state.ts';
import { commandsToCopy } from './commands-to-copy.ts';
import { arrow, dash, duration, type Markup, markup, place, shown, time } from './html.ts';
import { sparkline } from './sparkline.ts';
import { driftingSince, statusOf, statusWords } from './target-status.ts';

/** Most findings of one kind on a card; the rest is counted. */
const findingsShown = 12;

/** Returns a name that is valid in an id and in a URL. */
export const anchor = (target: string): string => `t-${encodeURIComponent(target.toWellFormed())}`;

function badge(state: TargetState): Markup {
  const status = statusOf(state);
  return markup`<span class="badge ${status}">${statusWords[status]}</span>`;
}

/**
 * Renders the change from the baseline's value to the current one, which is coloured by the level of the
 * finding. A missing value is `(none)`; digests are shortened.
 */
function fromTo({ expected, actual }: Finding): Markup {
  const side = (tag: 'del' | 'ins', word: string, value: string | undefined) => {
    const text = value === undefined || value === '' ? '(none)' : shown(shortDigests(value));
    return tag === 'del'
      ? markup`<span class="sr">${word}</span> <del>${text}</del>`
      : markup`<span class="sr">${word}</span> <ins>${text}</ins>`;
  };
  return markup`${side('del', 'was', expected)} <span class="arrow" aria-hidden="true">${arrow}</span> ${side('ins', 'is', actual)}`;
}

function findingItem(finding: Finding): Markup {
  const what =
    finding.kind === 'drift'
      ? markup`<code>${shown(finding.key)}</code> ${fromTo(finding)}`
      : markup`<code>${shown(finding.rule)}</code> ${finding.summary}`;
  return markup`<li class="${finding.level}"><span class="badge ${finding.level}">${finding.level}</span><div>${what}${
    finding.origin !== undefined && markup` <span class="dim">(${place(finding.origin)})</span>`
  }${waiver(finding)}${finding.repair !== undefined && markup`<p class="repair"><b>Repair</b> ${finding.repair}</p>`}</div></li>`;
}

function waiver({ waived }: Finding): Markup | undefined {
  if (waived === undefined) return undefined;
  return markup`<p class="dim">waived until ${time(Date.parse(waived.expires))} by ${shown(waived.who)}: ${shown(waived.reason)}</p>`;
}

function findingList(title: string, findings: readonly Finding[], whole: boolean): Markup | undefined {
  if (findings.length === 0) return undefined;
  const listed = whole ? findings : findings.slice(0, findingsShown);
  const more = findings.length - listed.length;
  return markup`<h4>${title}</h4><ul class="findings">${listed.map(findingItem)}</ul>${more > 0 && markup`<p class="dim">and ${more} more</p>`}`;
}

/** Returns the word for the state of a facet, and its CSS class. */
function facetState(state: TargetState, facet: Facet): readonly [word: string, style: string] {
  const status = state.facetStatus[facet];
  if (status !== 'ok') return [status.replace('_', ' '), status === 'unreadable' ? 'unreadable' : 'dim'];
  const drift = state.facets[facet]?.drift;
  if (drift === undefined) return ['no baseline yet', 'dim'];
  return drift.level === 'none' ? ['in sync', 'none'] : [drift.level, drift.level];
}

/** Renders the result of a collector's last run. */
function collection(state: TargetState, run: CollectorState | undefined): Markup {
  if (run === undefined) return markup`<span class="dim">${dash}</span>`;
  const ms = run.durationSeconds * 1000;
  if (run.success) return markup`${ms < 1 ? '< 1' : ms.toFixed(0)} ms`;
  const last =
    run.lastSuccess === undefined
      ? 'never succeeded'
      : `last success ${duration(Math.max(0, state.time - run.lastSuccess))} before`;
  return markup`<span class="unreadable">${run.unjudged === true ? 'not evaluated' : 'failed'}</span>${run.why !== undefined && `: ${run.why}`}, ${last}`;
}

function facetRow(state: TargetState, facet: Facet): Markup {
  const seen = state.facets[facet];
  const drift = seen?.drift;
  const [word, style] = facetState(state, facet);
  const run = state.collectors.find((one) => one.collector === facet);
  const lasts = drift?.since === undefined ? dash : duration(Math.max(0, state.time - drift.since));
  return markup`<tr><th scope="row">${facet}</th><td class="${style}">${word}</td><td class="number">${seen?.entries ?? dash}</td><td class="number">${
    drift === undefined ? dash : drift.semanticDistance.toFixed(2)
  }</td><td>${lasts}</td><td>${collection(state, run)}</td></tr>`;
}

/** Renders facets that need no row when there are many targets: their names by state. */
function quietFacets(state: TargetState, facets: readonly Facet[]): Markup | undefined {
  const words = new Map<string, Facet[]>();
  for (const facet of facets) {
    const [word] = facetState(state, facet);
    words.set(word, [...(words.get(word) ?? []), facet]);
  }
  if (words.size === 0) return undefined;
  return markup`<p class="dim">${[...words].map(([word, names]) => `${word}: ${names.join(', ')}`).join(' · ')}</p>`;
}

function facetTable(state: TargetState, detail: Detail): Markup {
  const titles = ['facet', 'state', 'entries', 'distance', 'for', 'last collection'];
  const all = Object.keys(state.facetStatus) as Facet[];
  const quiet = detail === 'brief' ? all.filter((facet) => isQuiet(state, facet)) : [];
  const rows = all.filter((facet) => !quiet.includes(facet)).map((facet) => facetRow(state, facet));
  const table = markup`<div class="wide" role="region" aria-label="Facets of ${state.target}" tabindex="0"><table><thead><tr>${titles.map(
    (title) => markup`<th scope="col">${title}</th>`,
  )}</tr></thead><tbody>${rows}</tbody></table></div>`;
  return markup`${rows.length > 0 && table}${quietFacets(state, quiet)}`;
}

/** Reports whether a facet is neither drifted nor unreadable and its collector did not fail. */
function isQuiet(state: TargetState, facet: Facet): boolean {
  const failed = state.collectors.some(({ collector, success }) => collector === facet && !success);
  return !failed && ['none', 'dim'].includes(facetState(state, facet)[1]);
}

/** Renders onset, cause and trace of each drift. */
function causes(state: TargetState): Markup | undefined {
  const lines = Object.values(state.facets).flatMap(({ facet, drift }) =>
    drift === undefined || drift.level === 'none'
      ? []
      : [
          markup`<li><b>${facet}</b> since ${time(drift.since)}, cause ${drift.cause ?? 'unknown'}${drift.traceId !== undefined && markup`, trace <code>${drift.traceId}</code>`}</li>`,
        ],
  );
  return lines.length === 0 ? undefined : markup`<ul class="causes dim">${lines}</ul>`;
}

/** Renders commands to copy, which explain the findings. */
function explained(state: TargetState): Markup | undefined {
  const commands = commandsToCopy(state);
  if (commands.length === 0) return undefined;
  return markup`<p class="dim">on that host: ${commands.map((line) => markup`<code>${shown(line)}</code> `)}</p>`;
}

function goOf(state: TargetState): string {
  return state.toolchain === undefined ? 'no go' : `go${state.toolchain.version}`;
}

/** Returns the exemptions of a target, which the alerting rules honour: whitelist and deployment grace. */
function exemptionFacts({ exemptions, time: now }: TargetState): readonly (readonly [string, unknown])[] {
  const { whitelisted = false, deployment } = exemptions ?? {};
  const graceEnd = deployment === undefined ? 0 : deployment.time + deployment.graceSeconds * 1000;
  return [
    ...(whitelisted ? [['Whitelisted', 'yes'] as const] : []),
    ...(graceEnd > now ? [['Deployment', markup`grace until ${time(graceEnd)}`] as const] : []),
  ];
}

function facts(state: TargetState): Markup {
  const { baseline, toolchain, readable } = state;
  const values: readonly (readonly [string, unknown])[] = [
    [
      'Go',
      toolchain === undefined ? 'none answers' : `${toolchain.version} ${toolchain.goos}/${toolchain.goarch}`,
    ],
    ...(state.workspace === '' ? [] : [['Workspace', markup`<code>${state.workspace}</code>`] as const]),
    ...(state.pool === '' ? [] : [['Pool', state.pool] as const]),
    [
      'Environment',
      readable.ok
        ? state.environmentSource
        : markup`${state.environmentSource}, <span class="unreadable">${readable.reason}</span>`,
    ],
    [
      'Baseline',
      baseline.kind === 'none' ? 'none yet' : markup`${shown(baseline.source)}, ${time(baseline.time)}`,
    ],
    ...exemptionFacts(state),
  ];
  return markup`<dl>${values.map(([name, value]) => markup`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

/**
 * How much a card shows: every finding (`whole`), every facet (`full`), or only facets that need attention
 * (`brief`).
 */
export type Detail = 'whole' | 'full' | 'brief';

/** Renders the card of a target. `link` leads to the page of this target. */
export function card(state: TargetState, day: Float32Array, detail: Detail, link: string): Markup {
  const whole = detail === 'whole';
  const by = (...kinds: readonly Finding['kind'][]) =>
    state.findings.filter((finding) => kinds.includes(finding.kind));
  const id = anchor(state.target);
  return markup`<article class="card ${statusOf(state)}" aria-labelledby="${id}">
<div class="head"><h3 id="${id}"><a href="${link}">${state.target}</a></h3>${badge(state)}<span class="trend"><span class="dim" aria-hidden="true">distance, 24 h</span>${sparkline(day)}</span></div>
${facts(state)}
${findingList('What changed', by('drift'), whole)}${causes(state)}${findingList('Pins and required variables', by('pin', 'missing'), whole)}${findingList('Conflicts', by('conflict'), whole)}${explained(state)}
${facetTable(state, detail)}
<p class="dim">looked ${time(state.time)}</p>
</article>`;
}

/** Renders a target as a table row. */
export function row(state: TargetState, day: Float32Array, link: string): Markup {
  const since = driftingSince(state);
  const what = state.findings.length === 0 ? '' : counted(state.findings.length, 'finding');
  return markup`<tr><th scope="row"><a href="${link}">${state.target}</a></th><td>${badge(state)} ${what}${
    Number.isFinite(since) && ` for ${duration(Math.max(0, state.time - since))}`
  }</td><td>${goOf(state)}</td><td>${state.pool}</td><td><code>${state.workspace}</code></td><td>${sparkline(day)}</td></tr>`;
}
