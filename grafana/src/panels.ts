/** The kinds of panels, each with the settings that all of its kind share. Colours are Grafana's names, which suit both themes. */

import * as bargauge from '@grafana/grafana-foundation-sdk/bargauge';
import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog';
import * as common from '@grafana/grafana-foundation-sdk/common';
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import * as stat from '@grafana/grafana-foundation-sdk/stat';
import * as statetimeline from '@grafana/grafana-foundation-sdk/statetimeline';
import * as statushistory from '@grafana/grafana-foundation-sdk/statushistory';
import * as table from '@grafana/grafana-foundation-sdk/table';
import * as text from '@grafana/grafana-foundation-sdk/text';
import * as timeseries from '@grafana/grafana-foundation-sdk/timeseries';
import { levels } from '../../src/catalog/facets.ts';
import { datasource } from './queries.ts';

/** What every panel says of itself. */
export interface Told {
  readonly title: string;
  /** What the panel answers, as the reader asks it; its description. */
  readonly answers: string;
  /** A unit of Grafana; `none` for a bare number. */
  readonly unit: string;
  /** What stands there when nothing is found. */
  readonly empty: string;
  /** Width in 24 columns, height in rows of 30 px. */
  readonly size: readonly [width: number, height: number];
  readonly queries: readonly Builder<Dataquery>[];
}

/** The settings that all panels with data have in common in the SDK. */
interface PanelBuilder {
  title(title: string): this;
  description(description: string): this;
  unit(unit: string): this;
  noValue(text: string): this;
  span(width: number): this;
  height(height: number): this;
  datasource(ref: common.DataSourceRef): this;
  targets(queries: Builder<Dataquery>[]): this;
}

function told<P extends PanelBuilder>(panel: P, { title, answers, unit, empty, size, queries }: Told): P {
  return panel
    .title(title)
    .description(answers)
    .unit(unit)
    .noValue(empty)
    .span(size[0])
    .height(size[1])
    .datasource(datasource)
    .targets([...queries]);
}

export interface Step {
  readonly from: number | null;
  readonly color: string;
}

export function steps(...all: readonly Step[]): Builder<dashboard.ThresholdsConfig> {
  return new dashboard.ThresholdsConfigBuilder()
    .mode(dashboard.ThresholdsMode.Absolute)
    .steps(all.map(({ from, color }) => ({ value: from, color })));
}

/** Fine at 0, a warning from 1 on. */
export const anyIsOrange = steps({ from: null, color: 'green' }, { from: 1, color: 'orange' });
export const anyIsRed = steps({ from: null, color: 'green' }, { from: 1, color: 'red' });
/** A figure that is neither good nor bad. */
export const plain = steps({ from: null, color: 'text' });
export const blue = steps({ from: null, color: 'blue' });
/** What is now, beside what was: it stands out, and is not called good. */
export const standsOut = steps({ from: null, color: 'orange' });

const levelColors = ['green', 'blue', 'orange', 'red'] as const;

/** The numbers of godrift_drift_level as words. */
export const levelWords: dashboard.ValueMap = {
  type: dashboard.MappingType.ValueToText,
  options: Object.fromEntries(
    levels.map((level, index) => [
      String(index),
      { text: level === 'none' ? 'in sync' : level, color: levelColors[index] ?? 'text', index },
    ]),
  ),
};

export const yesNo = (yes: string, no: string, good: 'yes' | 'no'): dashboard.ValueMap => ({
  type: dashboard.MappingType.ValueToText,
  options: {
    '0': { text: no, color: good === 'no' ? 'green' : 'red', index: 0 },
    '1': { text: yes, color: good === 'yes' ? 'green' : 'red', index: 1 },
  },
});

const tooltip = () =>
  new common.VizTooltipOptionsBuilder()
    .mode(common.TooltipDisplayMode.Multi)
    .sort(common.SortOrder.Descending);
const legend = () =>
  new common.VizLegendOptionsBuilder()
    .displayMode(common.LegendDisplayMode.List)
    .placement(common.LegendPlacement.Bottom)
    .showLegend(true);
const lastValue = () => new common.ReduceDataOptionsBuilder().calcs(['lastNotNull']).values(false);

/** One figure, coloured by its thresholds. */
export function figure(what: Told, colors: Builder<dashboard.ThresholdsConfig>): stat.PanelBuilder {
  return told(new stat.PanelBuilder(), what)
    .reduceOptions(lastValue())
    .colorMode(common.BigValueColorMode.Value)
    .graphMode(common.BigValueGraphMode.None)
    .thresholds(colors);
}

/** A word of a label: the name of the series is what is shown. */
export function word(what: Told): stat.PanelBuilder {
  return figure(what, plain).textMode(common.BigValueTextMode.Name);
}

/** Lines over time. */
export function lines(what: Told): timeseries.PanelBuilder {
  return told(new timeseries.PanelBuilder(), what)
    .lineInterpolation(common.LineInterpolation.StepAfter)
    .lineWidth(2)
    .fillOpacity(8)
    .showPoints(common.VisibilityMode.Never)
    .legend(legend())
    .tooltip(tooltip())
    .min(0);
}

/** Areas on top of each other, where the sum means something. */
export function stacked(what: Told): timeseries.PanelBuilder {
  return lines(what)
    .fillOpacity(35)
    .lineWidth(1)
    .stacking(new common.StackingConfigBuilder().mode(common.StackingMode.Normal));
}

/** Counts of what happened, as bars. */
export function bars(what: Told): timeseries.PanelBuilder {
  return stacked(what).drawStyle(common.GraphDrawStyle.Bars).fillOpacity(70);
}

/** Horizontal bars, a bar a series. */
export function ranking(what: Told): bargauge.PanelBuilder {
  return told(new bargauge.PanelBuilder(), what)
    .reduceOptions(lastValue())
    .orientation(common.VizOrientation.Horizontal)
    .displayMode(common.BarGaugeDisplayMode.Basic)
    .valueMode(common.BarGaugeValueMode.Text)
    .min(0)
    .thresholds(blue);
}

/** States over time, a line a series. */
export function timeline(what: Told): statetimeline.PanelBuilder {
  return told(new statetimeline.PanelBuilder(), what)
    .mergeValues(true)
    .showValue(common.VisibilityMode.Auto)
    .rowHeight(0.85)
    .lineWidth(0)
    .fillOpacity(80)
    .perPage(20)
    .legend(legend())
    .tooltip(tooltip());
}

/** A grid of cells, time by series, coloured by value: a heat map of few rows. */
export function heat(what: Told): statushistory.PanelBuilder {
  // More cells than pixels is an error of this panel.
  return told(new statushistory.PanelBuilder(), what)
    .maxDataPoints(60)
    .showValue(common.VisibilityMode.Never)
    .rowHeight(0.9)
    .colWidth(0.95)
    .fillOpacity(80)
    .legend(legend())
    .tooltip(tooltip());
}

/** A column of a table: where it comes from, what it is called; columns that are not named are left out. */
export interface Column {
  /** A label, or `Value`, or `Value #A` where a table has several queries. */
  readonly field: string;
  readonly name: string;
  readonly unit?: string;
  readonly decimals?: number;
  readonly mappings?: readonly dashboard.ValueMapping[];
  readonly links?: readonly Builder<dashboard.DashboardLink>[];
  /** Needed by links only. */
  readonly hidden?: true;
  readonly width?: number;
  readonly thresholds?: Builder<dashboard.ThresholdsConfig>;
}

function properties(column: Column): dashboard.DynamicConfigValue[] {
  const { unit, decimals, mappings, links, hidden, width, thresholds } = column;
  const colored = mappings !== undefined || thresholds !== undefined;
  const cell: common.TableCellOptions = {
    type: common.TableCellDisplayMode.ColorText,
  } as common.TableColorTextCellOptions;
  return [
    unit === undefined ? undefined : { id: 'unit', value: unit },
    decimals === undefined ? undefined : { id: 'decimals', value: decimals },
    mappings === undefined ? undefined : { id: 'mappings', value: mappings },
    links === undefined ? undefined : { id: 'links', value: links.map((one) => one.build()) },
    hidden === undefined ? undefined : { id: 'custom.hidden', value: true },
    width === undefined ? undefined : { id: 'custom.width', value: width },
    thresholds === undefined ? undefined : { id: 'thresholds', value: thresholds.build() },
    colored ? { id: 'custom.cellOptions', value: cell } : undefined,
  ].filter((one) => one !== undefined);
}

/** A table of series: a row a label set. Several queries are merged into one row where their labels agree. */
export function list(what: Told, columns: readonly Column[], sortBy?: string): table.PanelBuilder {
  const names = Object.fromEntries(columns.map(({ field, name }) => [field, name]));
  const order = Object.fromEntries(columns.map(({ field }, index) => [field, index]));
  const panel = told(new table.PanelBuilder(), what)
    .filterable(true)
    .cellHeight(common.TableCellHeight.Sm)
    .thresholds(plain)
    .transformations([
      ...(what.queries.length > 1 ? [{ id: 'merge', options: {} }] : []),
      { id: 'filterFieldsByName', options: { include: { names: columns.map(({ field }) => field) } } },
      { id: 'organize', options: { renameByName: names, indexByName: order, excludeByName: {} } },
    ]);
  for (const column of columns) {
    const set = properties(column);
    if (set.length > 0) panel.overrideByName(column.name, set);
  }
  if (sortBy !== undefined)
    panel.sortBy([new common.TableSortByFieldStateBuilder().displayName(sortBy).desc(true)]);
  return panel;
}

/** Words, in Markdown. */
export function words(title: string, content: string, size: readonly [number, number]): text.PanelBuilder {
  return new text.PanelBuilder()
    .title(title)
    .description('What to do next, with the chosen target filled in.')
    .mode(text.TextMode.Markdown)
    .content(content)
    .span(size[0])
    .height(size[1]);
}
