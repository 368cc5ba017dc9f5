// The data of a chart: rows that name their label, their value and, with several series, their series.
import type { Props } from '../tree.ts';

export interface Chart {
  labels: string[];
  series: string[];
  /** The value of a label in a series. */
  value(label: string, series: string): number;
  largest: number;
}

/** `label`, `value` and `series` are names or positions in a row. */
export function chartOf(data: unknown, label: string | number, value: string | number, series: string | number | undefined): Chart {
  const rows = (Array.isArray(data) ? data : []).map((row) => {
    const at = (accessor: string | number): unknown => (row as Props)[accessor];
    return { label: String(at(label)), value: Number(at(value)), series: series === undefined ? '' : String(at(series)) };
  });
  const values = new Map(rows.map((row) => [`${row.label}\0${row.series}`, row.value]));
  return {
    labels: [...new Set(rows.map((row) => row.label))],
    series: [...new Set(rows.map((row) => row.series))],
    value: (of, within) => values.get(`${of}\0${within}`) ?? 0,
    largest: Math.max(1, ...rows.map((row) => row.value)),
  };
}

/** Whether all rows have a number there. */
export function isNumeric(data: unknown, accessor: string | number): boolean {
  return Array.isArray(data) && data.every((row) => typeof (row as Props)[accessor] === 'number');
}

const COLOURS = ['--ds-chart-categorical-1', '--ds-chart-categorical-2', '--ds-chart-categorical-3', '--ds-chart-categorical-4', '--ds-chart-categorical-5', '--ds-chart-categorical-6', '--ds-chart-categorical-7', '--ds-chart-categorical-8'];

export function colour(at: number): string {
  return `var(${COLOURS[at % COLOURS.length]})`;
}
