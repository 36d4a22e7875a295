/** The view of the status page, from the query of its URL: a filter, an order, one target. Pure. */
import type { TargetState } from '../../drift/state.ts';
import { type Order, orders, statusOf, type TargetStatus, targetStatuses } from './target-status.ts';

/** Default reload interval of the page, in seconds. */
export const defaultRefresh = 15;
/** Longest search text. */
const searchLimit = 100;

export interface View {
  readonly show?: TargetStatus;
  readonly search: string;
  readonly order: Order;
  /** The only target to show, in full. */
  readonly target?: string;
  readonly refresh: number;
}

export const plainView: View = { search: '', order: 'level', refresh: defaultRefresh };

function oneOf<T extends string>(values: readonly T[], text: string | null): T | undefined {
  return values.find((value) => value === text);
}

/** Parses a query. Invalid parameters are ignored. */
export function readView(query: URLSearchParams): View {
  const show = oneOf(targetStatuses, query.get('show'));
  const target = query.get('target');
  return {
    search: (query.get('q') ?? '').trim().slice(0, searchLimit),
    order: oneOf(orders, query.get('sort')) ?? plainView.order,
    refresh: query.get('refresh') === 'off' ? 0 : defaultRefresh,
    ...(show === undefined ? {} : { show }),
    ...(target === null || target === '' ? {} : { target }),
  };
}

/** Returns the query parameters of a view that differ from the default. */
export function viewParameters(view: View): readonly (readonly [string, string])[] {
  const parameters: (readonly [string, string] | undefined)[] = [
    view.target === undefined ? undefined : ['target', view.target],
    view.show === undefined ? undefined : ['show', view.show],
    view.search === '' ? undefined : ['q', view.search],
    view.order === plainView.order ? undefined : ['sort', view.order],
    view.refresh === 0 ? ['refresh', 'off'] : undefined,
  ];
  return parameters.filter((one) => one !== undefined);
}

/** Returns the URL of a view, relative to the page. */
export function viewAddress(view: View): string {
  const query = new URLSearchParams();
  for (const [name, value] of viewParameters(view)) query.append(name, value);
  return query.size === 0 ? './' : `./?${query}`;
}

/** Reports whether a search text occurs in the name, workspace, pool or Go version of a target. */
export function matches(state: TargetState, search: string): boolean {
  if (search === '') return true;
  const words = [state.target, state.workspace, state.pool, `go${state.toolchain?.version ?? ''}`];
  return words.some((word) => word.toLowerCase().includes(search.toLowerCase()));
}

/** Reports whether a view shows a target. */
export function shows(view: View, state: TargetState): boolean {
  if (view.target !== undefined) return state.target === view.target;
  return (view.show === undefined || statusOf(state) === view.show) && matches(state, view.search);
}
