/** Reads the committed dashboards: their panels, and every query with its location. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const grafana = join(import.meta.dirname, '../../grafana');

export interface Target {
  readonly refId: string;
  readonly expr: string;
  readonly instant?: boolean;
  readonly format?: string;
  readonly datasource: { readonly type: string; readonly uid: string };
}

export interface Override {
  readonly matcher: { readonly id: string; readonly options: string };
  readonly properties: readonly { readonly id: string; readonly value: unknown }[];
}

export interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly datasource?: { readonly type: string; readonly uid: string };
  readonly targets?: readonly Target[];
  readonly fieldConfig?: {
    readonly defaults: { readonly unit?: string; readonly noValue?: string };
    readonly overrides: readonly Override[];
  };
  readonly transformations?: readonly {
    readonly id: string;
    readonly options: Readonly<Record<string, unknown>>;
  }[];
}

export interface Variable {
  readonly name: string;
  readonly type: string;
  readonly multi: boolean;
  readonly includeAll: boolean;
  readonly allValue?: string;
  readonly query: string | { readonly query: string };
}

export interface DashboardFile {
  readonly uid: string;
  readonly title: string;
  readonly schemaVersion: number;
  readonly editable: boolean;
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly Variable[] };
  readonly annotations: {
    readonly list: readonly {
      readonly name: string;
      readonly expr: string;
      readonly textFormat: string;
      readonly titleFormat: string;
    }[];
  };
}

/** Returns all committed dashboards by file name. */
export function readDashboards(): ReadonlyMap<string, DashboardFile> {
  const folder = join(grafana, 'dashboards');
  return new Map(
    readdirSync(folder)
      .sort()
      .map((name) => [name, JSON.parse(readFileSync(join(folder, name), 'utf8')) as DashboardFile]),
  );
}

/** A query and its location. */
export interface Query {
  readonly dashboard: DashboardFile;
  readonly where: string;
  readonly expr: string;
  readonly kind: 'panel' | 'annotation';
  readonly instant: boolean;
}

/** Parses the `label_values(metric{…}, label)` of a variable; undefined for other kinds of variables. */
export function labelValues({
  query,
}: Variable): { readonly expr: string; readonly label: string } | undefined {
  const text = typeof query === 'string' ? query : query.query;
  const [, expr, label] = /^label_values\((.+), (\w+)\)$/.exec(text) ?? [];
  return expr === undefined || label === undefined ? undefined : { expr, label };
}

/** Returns every query of the panels and annotations. */
export function queriesOf(dashboard: DashboardFile): readonly Query[] {
  return [
    ...dashboard.panels.flatMap((panel) =>
      (panel.targets ?? []).map(
        ({ refId, expr, instant }): Query => ({
          dashboard,
          where: `${dashboard.uid} / ${panel.title} / ${refId}`,
          expr,
          kind: 'panel',
          instant: instant === true,
        }),
      ),
    ),
    ...dashboard.annotations.list.map(
      ({ name, expr }): Query => ({
        dashboard,
        where: `${dashboard.uid} / annotation ${name}`,
        expr,
        kind: 'annotation',
        instant: false,
      }),
    ),
  ];
}
