/** All dashboards, as Grafana reads them. */
import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { type Board, build } from './board.ts';
import { cache } from './cache.ts';
import { exporter } from './exporter.ts';
import { fleet } from './fleet.ts';
import { rollback } from './rollback.ts';
import { target } from './target.ts';

const boards: readonly Board[] = [fleet, target, cache, exporter, rollback];

/** File name below grafana/dashboards → dashboard. */
export const dashboards: ReadonlyMap<string, Dashboard> = new Map(
  boards.map((board) => [`${board.uid}.json`, build(board)]),
);
