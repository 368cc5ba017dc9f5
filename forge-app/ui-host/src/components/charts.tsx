// Charts as simple drawings, each with its data as a table for those who do not see the drawing.
import { Fragment, type ReactElement, type ReactNode } from 'react';
import type { Given, Registry } from '../nodes.tsx';
import type { Props } from '../tree.ts';
import { useWords } from '../words.ts';
import { chartOf, colour, isNumeric, type Chart } from './chart-data.ts';

const WIDTH = 600;
const BASE = 240;

function Frame({ props, chart, height, legend, children }: { props: Props; chart: Chart; height: number; legend: string[]; children: ReactNode }): ReactElement {
  const word = useWords();
  return (
    <figure className={props.showBorder === false ? 'host-chart' : 'host-chart host-chart-border'} style={props.width === undefined ? {} : { maxWidth: props.width }}>
      <figcaption>
        {props.title === undefined ? null : <strong>{props.title}</strong>}
        {props.subtitle === undefined ? null : <div className="host-help">{props.subtitle}</div>}
      </figcaption>
      <svg viewBox={`0 0 ${WIDTH} ${height}`} aria-hidden="true">
        {children}
      </svg>
      {legend.length > 1 ? (
        <ul className="host-legend" aria-hidden="true">
          {legend.map((name, at) => (
            <li key={name}>
              <span style={{ background: colour(at) }} />
              {name}
            </li>
          ))}
        </ul>
      ) : null}
      {/* A table has at least the width of its words, so a box around it hides it. */}
      <div className="host-hidden">
        <table>
          <caption>{props.title}</caption>
          <thead>
            <tr>
              <th scope="col">{word('label')}</th>
              {chart.series.map((name) => (
                <th key={name} scope="col">
                  {name === '' ? word('value') : name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {chart.labels.map((label) => (
              <tr key={label}>
                <th scope="row">{label}</th>
                {chart.series.map((name) => (
                  <td key={name}>{chart.value(label, name)}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </figure>
  );
}

/** Bars of one label: beside each other, or on each other. */
function Bars({ props, across, stacked }: { props: Props; across: boolean; stacked: boolean }): ReactElement {
  // The documentation does not say which axis of horizontal bars has the values: it is the one with the numbers.
  const swapped = across && isNumeric(props.data, props.xAccessor);
  const [label, amount] = swapped ? [props.yAccessor, props.xAccessor] : [props.xAccessor, props.yAccessor];
  const chart = chartOf(props.data, label, amount, props.colorAccessor);
  const { labels, series, value } = chart;
  const total = (label: string): number => series.reduce((sum, name) => sum + value(label, name), 0);
  const largest = stacked ? Math.max(1, ...labels.map(total)) : chart.largest;
  const height = across ? labels.length * 40 + 10 : BASE + 30;
  // Along a bar, and across the bars.
  const length = across ? WIDTH - 170 : BASE - 20;
  const slot = (across ? height - 10 : WIDTH) / Math.max(1, labels.length);
  const thickness = (slot * 0.7) / (stacked ? 1 : series.length);
  const bars = labels.flatMap((label, row) => {
    let from = 0;
    return series.map((name, at) => {
      const size = (value(label, name) / largest) * length;
      const side = row * slot + slot * 0.15 + (stacked ? 0 : at * thickness);
      const start = stacked ? from : 0;
      from += size;
      const place = across ? { x: 150 + start, y: side, width: size, height: thickness } : { x: side, y: BASE - start - size, width: thickness, height: size };
      return <rect key={`${label} ${name}`} {...place} rx={2} fill={colour(at)} />;
    });
  });
  return (
    <Frame props={props} chart={chart} height={height} legend={series}>
      {bars}
      {labels.map((label, row) => (
        <Fragment key={label}>
          {across ? (
            <text x={142} y={row * slot + slot / 2 + 4} textAnchor="end">
              {short(label, 20)}
            </text>
          ) : (
            <text x={row * slot + slot / 2} y={BASE + 18} textAnchor="middle">
              {short(label, Math.max(4, Math.floor(slot / 8)))}
            </text>
          )}
          {across ? (
            <text x={156 + ((stacked ? total(label) : Math.max(...series.map((name) => value(label, name)))) / largest) * length} y={row * slot + slot / 2 + 4}>
              {stacked ? total(label) : series.length === 1 ? value(label, series[0] ?? '') : ''}
            </text>
          ) : (
            <text x={row * slot + slot / 2} y={BASE - 6 - ((stacked ? total(label) : Math.max(...series.map((name) => value(label, name)))) / largest) * length} textAnchor="middle">
              {stacked ? total(label) : series.length === 1 ? value(label, series[0] ?? '') : ''}
            </text>
          )}
        </Fragment>
      ))}
    </Frame>
  );
}

function LineChart({ props }: Given): ReactElement {
  const chart = chartOf(props.data, props.xAccessor, props.yAccessor, props.colorAccessor);
  const { labels, series, value, largest } = chart;
  const step = (WIDTH - 40) / Math.max(1, labels.length - 1);
  const point = (label: string, at: number, name: string): string => `${20 + at * step},${BASE - (value(label, name) / largest) * (BASE - 20)}`;
  const every = Math.ceil(labels.length / 8);
  return (
    <Frame props={props} chart={chart} height={BASE + 30} legend={series}>
      {series.map((name, at) => (
        <polyline key={name} fill="none" stroke={colour(at)} strokeWidth={3} points={labels.map((label, index) => point(label, index, name)).join(' ')} />
      ))}
      {labels.map((label, at) =>
        at % every === 0 ? (
          <text key={label} x={20 + at * step} y={BASE + 18} textAnchor={at === 0 ? 'start' : at === labels.length - 1 ? 'end' : 'middle'}>
            {short(label, 10)}
          </text>
        ) : null,
      )}
    </Frame>
  );
}

/** Sectors of a circle; `hole` is the part of the radius that stays empty. */
function Circle({ props, hole }: { props: Props; hole: number }): ReactElement {
  const chart = chartOf(props.data, props.labelAccessor ?? props.colorAccessor, props.valueAccessor, undefined);
  const { labels, value } = chart;
  const sum = labels.reduce((all, label) => all + value(label, ''), 0) || 1;
  const radius = 100;
  let turned = 0;
  const sectors = labels.map((label, at) => {
    const part = value(label, '') / sum;
    const from = turned;
    turned += part;
    const circumference = 2 * Math.PI * radius * ((1 + hole) / 2);
    return <circle key={label} r={radius * ((1 + hole) / 2)} cx={WIDTH / 2} cy={120} fill="none" stroke={colour(at)} strokeWidth={radius * (1 - hole)} strokeDasharray={`${part * circumference} ${circumference}`} transform={`rotate(${from * 360 - 90} ${WIDTH / 2} 120)`} />;
  });
  return (
    <Frame props={props} chart={chart} height={BASE} legend={labels.map((label) => label)}>
      {sectors}
    </Frame>
  );
}

function short(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

export const charts: Registry = {
  BarChart: ({ props }) => <Bars props={props} across={false} stacked={false} />,
  StackBarChart: ({ props }) => <Bars props={props} across={false} stacked={true} />,
  HorizontalBarChart: ({ props }) => <Bars props={props} across={true} stacked={false} />,
  HorizontalStackBarChart: ({ props }) => <Bars props={props} across={true} stacked={true} />,
  LineChart,
  PieChart: ({ props }) => <Circle props={props} hole={0} />,
  DonutChart: ({ props }) => <Circle props={props} hole={0.6} />,
};
