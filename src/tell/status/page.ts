/**
 * The status page at `/`. No script and no external assets. Markup is cached for as long as its state object
 * lives, so that a page of 200 targets costs only what changed since the last one.
 */

import { raw } from 'hono/html';
import { counted } from '../../catalog/counted.ts';
import type { ExporterState, TargetState } from '../../drift/state.ts';
import { card, type Detail, row } from './card.ts';
import type { History } from './history.ts';
import { duration, type Markup, markup, time } from './html.ts';
import { style } from './style.ts';
import {
  inOrder,
  type Order,
  orders,
  statusOf,
  statusWords,
  type TargetStatus,
  targetStatuses,
} from './target-status.ts';
import { defaultRefresh, plainView, shows, type View, viewAddress, viewParameters } from './view.ts';

/** Up to this many targets, each has a card and there are no filters. */
const fewTargets = 6;
/** Most cards on one page; further targets are rows. */
const cardsShown = 40;

export interface StatusInput {
  readonly states: readonly TargetState[];
  readonly exporter: ExporterState;
  readonly telemetryPath: string;
  readonly view: View;
  /** ms since the epoch. */
  readonly now: number;
}

/** Returns a function that renders the page, with sparklines from `history`. */
export function createStatusPage(history: History): (input: StatusInput) => string {
  const keep = (make: (state: TargetState) => Markup) => {
    const kept = new WeakMap<TargetState, Markup>();
    return (state: TargetState): Markup => {
      let made = kept.get(state);
      if (made === undefined) {
        made = make(state);
        kept.set(state, made);
      }
      return made;
    };
  };
  // Cached cards outlive the view that rendered them, so their links lead to a plain view.
  const link = (state: TargetState) => viewAddress({ ...plainView, target: state.target });
  const dayOf = (state: TargetState) => history.day(state.target, state.time);
  const cardOf = (detail: Detail) => (state: TargetState) => card(state, dayOf(state), detail, link(state));
  const fullCard = keep(cardOf('full'));
  const briefCard = keep(cardOf('brief'));
  const rowOf = keep((state) => row(state, dayOf(state), link(state)));

  return (input) => {
    const { states, view } = input;
    const shown = inOrder(
      states.filter((state) => shows(view, state)),
      view.order,
    );
    if (view.target !== undefined) {
      return document(input, lone(view, shown.map(cardOf('whole')))).toString();
    }
    const few = states.length <= fewTargets;
    const large = few ? shown : shown.filter((state) => statusOf(state) !== 'none');
    const carded = new Set(large.slice(0, cardsShown));
    const listed = shown.filter((state) => !carded.has(state));
    const body = markup`${!few && filterBar(states, view)}
${section('Cards', [...carded].map(few ? fullCard : briefCard))}${table(listed, rowOf)}${shown.length === 0 && markup`<p>${whyEmpty(input)}</p>`}`;
    return document(input, body).toString();
  };
}

function whyEmpty({ states, exporter }: StatusInput): string {
  if (states.length > 0) return 'No target matches.';
  return hasLooked(exporter)
    ? 'There is no target: the patterns of the configuration find none.'
    : 'The first pass is not finished yet.';
}

const hasLooked = ({ passes }: StatusInput['exporter']) => passes > 0;

function section(title: string, cards: readonly Markup[]): Markup | undefined {
  if (cards.length === 0) return undefined;
  return markup`<section aria-label="${title}"><h2 class="sr">${title}</h2><div class="cards">${cards}</div></section>`;
}

function table(states: readonly TargetState[], rowOf: (state: TargetState) => Markup): Markup | undefined {
  if (states.length === 0) return undefined;
  const healthy = states.every((state) => statusOf(state) === 'none');
  const title = `${counted(states.length, 'target')} ${healthy ? 'in sync' : 'more'}`;
  const heads = ['target', 'state', 'go', 'pool', 'workspace', 'last day'];
  return markup`<section><h2>${title}</h2><div class="wide rows" role="region" aria-label="${title}" tabindex="0"><table><thead><tr>${heads.map(
    (head) => markup`<th scope="col">${head}</th>`,
  )}</tr></thead><tbody>${states.map(rowOf)}</tbody></table></div></section>`;
}

/** Renders one target, or a message that there is none of that name. */
function lone(view: View, cards: readonly Markup[]): Markup {
  const { target, ...rest } = view;
  const back = markup`<p><a href="${viewAddress(rest)}">All targets</a></p>`;
  if (cards.length === 0) return markup`${back}<p>There is no target ${target}.</p>`;
  return markup`${back}${section('Target', cards)}`;
}

const here = markup` aria-current="page"`;

function filterBar(states: readonly TargetState[], view: View): Markup {
  const { show, ...rest } = view;
  const chip = (status: TargetStatus | undefined, number: number) => {
    const address = viewAddress(status === undefined ? rest : { ...rest, show: status });
    return markup`<li class="${status ?? ''}"><a href="${address}"${status === show && here}>${status === undefined ? 'all' : statusWords[status]} <b>${number}</b></a></li>`;
  };
  const counts = targetStatuses.map(
    (one) => [one, states.filter((state) => statusOf(state) === one).length] as const,
  );
  const orderWords: Readonly<Record<Order, string>> = {
    level: 'worst',
    since: 'longest drifting',
    name: 'name',
  };
  const others = viewParameters(view).filter(([name]) => name !== 'q');
  return markup`<div class="bar"><nav aria-label="Level"><ul class="chips">${chip(undefined, states.length)}${counts
    .filter(([one, number]) => number > 0 || one === show)
    .map(([one, number]) => chip(one, number))}</ul></nav>
<nav aria-label="Order"><ul class="chips">${orders.map(
    (order) =>
      markup`<li><a href="${viewAddress({ ...view, order })}"${order === view.order && here}>${orderWords[order]} first</a></li>`,
  )}</ul></nav>
<form role="search" method="get" action="./">${others.map(
    ([name, value]) => markup`<input type="hidden" name="${name}" value="${value}">`,
  )}<label for="q">Find</label><input id="q" name="q" type="search" maxlength="100" value="${view.search}"><button>Show</button></form></div>`;
}

/** Renders problems of the exporter itself. */
function notices({ exporter, now }: StatusInput): Markup | undefined {
  const { outbox, journal } = exporter;
  const { overflow, ...refusals } = outbox.dropped;
  const dropped = Object.values(refusals).reduce((sum, spans) => sum + spans, 0);
  const lines = [
    exporter.stateWritable ? undefined : 'State directory not writable: drifts are shown, not recorded.',
    exporter.config.ok
      ? undefined
      : 'The newest configuration is wrong; the one before is in force (see the log).',
    journal.unwritten === undefined
      ? undefined
      : `${counted(journal.unwritten, 'record')} not written to the journal yet.`,
    journal.errors === 0
      ? undefined
      : `${counted(journal.errors, 'write')} into the state directory failed since the start.`,
    dropped === 0 ? undefined : `${counted(dropped, 'span')} refused by the trace endpoint.`,
    overflow === 0 ? undefined : `${counted(overflow, 'span')} waited too long for the trace endpoint.`,
    outbox.oldest === undefined
      ? undefined
      : `${counted(outbox.pending, 'span')} not sent yet, the oldest for ${duration(Math.max(0, now - outbox.oldest))}.`,
  ].filter((line) => line !== undefined);
  return lines.length === 0
    ? undefined
    : markup`<div role="status"><ul class="notices">${lines.map((line) => markup`<li>${line}</li>`)}</ul></div>`;
}

/** Returns the state of all targets in a phrase. */
function headline({ states, exporter }: StatusInput): string {
  if (states.length === 0) return hasLooked(exporter) ? 'no target' : 'nothing seen yet';
  const off = states.filter((state) => statusOf(state) !== 'none').length;
  if (off === 0) return states.length === 1 ? 'in sync' : `all ${states.length} targets in sync`;
  return states.length === 1
    ? statusWords[statusOf(states[0] as TargetState)]
    : `${off} of ${counted(states.length, 'target')} not in sync`;
}

const dots: Readonly<Record<TargetStatus, string>> = {
  major: '%23d93025',
  minor: '%23e08a00',
  unreadable: '%238b6cc4',
  patch: '%232f7fd0',
  none: '%2323994f',
};

/** Returns the favicon: a dot in the colour of the worst target. */
function icon(states: readonly TargetState[]): string {
  const worst = targetStatuses.find((one) => states.some((state) => statusOf(state) === one)) ?? 'none';
  return `data:image/svg+xml,%3Csvg%20xmlns='http://www.w3.org/2000/svg'%20viewBox='0%200%2016%2016'%3E%3Ccircle%20cx='8'%20cy='8'%20r='7'%20fill='${dots[worst]}'/%3E%3C/svg%3E`;
}

function document(input: StatusInput, body: Markup): Markup {
  const { states, exporter, view, telemetryPath, now } = input;
  const says = headline(input);
  const oldest = Math.min(...states.map((state) => state.time));
  const refresh =
    view.refresh === 0
      ? markup`not refreshing · <a href="${viewAddress({ ...view, refresh: defaultRefresh })}">refresh every ${defaultRefresh} s</a>`
      : markup`refreshes every ${view.refresh} s · <a href="${viewAddress({ ...view, refresh: 0 })}">stop</a>`;
  return markup`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>godrift: ${says}</title><link rel="icon" href="${icon(states)}"><style>${raw(style)}</style></head>
<body><header><h1>godrift: ${says} <small>${exporter.version}</small></h1>
<p class="sub">A target here is one Go environment: a workspace, the environment that would build it, and the go that answers. <a href="${telemetryPath}">Metrics</a></p>
<p class="sub">page of ${time(now)}${states.length > 0 && `, oldest look ${duration(Math.max(0, now - oldest))} ago`} · ${refresh}</p>
${notices(input)}</header>
<main>${body}</main>
<footer class="dim">journal line ${exporter.journal.head?.seq ?? 0} · ${exporter.passes} passes · revision ${exporter.revision}</footer></body></html>
`;
}
