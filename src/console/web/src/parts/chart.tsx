// A line chart over the last minutes. uPlot draws on a canvas; a sentence says the same in words.
import {useEffect, useRef} from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';

export interface Line { name: string; color: string; values: (number | null)[] }

const css = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function axis(format?: (value: number) => string): uPlot.Axis {
  return {
    stroke: () => css('--quiet'),
    grid: {stroke: () => css('--line'), width: 1},
    ticks: {show: false},
    font: '11px system-ui, sans-serif',
    size: format ? 52 : 28,
    ...(format ? {values: (_chart: uPlot, splits: number[]) => splits.map(format)} : {}),
  };
}

function optionsFor(lines: Line[], width: number, height: number, format: (value: number) => string): uPlot.Options {
  return {
    width, height,
    legend: {show: false},
    cursor: {y: false, points: {size: 6}},
    // The last time on the axis is written half beyond it.
    padding: [8, 26, 0, 0],
    scales: {
      x: {time: true},
      y: {range: (_chart, _low, high) => [0, Math.max(high ?? 0, 1) * 1.1]},
    },
    axes: [{...axis(), values: '{HH}:{mm}:{ss}', space: 80}, axis(format)],
    series: [
      {},
      ...lines.map((line) => ({
        label: line.name, stroke: () => css(line.color), width: 2, points: {show: false}, spanGaps: false,
      })),
    ],
  };
}

export function Chart(props: {
  title: string; unit: string; times: number[]; lines: Line[]; format: (value: number) => string;
}) {
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | undefined>(undefined);
  const names = props.lines.map((line) => line.name).join('|');
  useEffect(() => {
    const element = box.current!;
    const make = () => optionsFor(props.lines, element.clientWidth, 190, props.format);
    chart.current = new uPlot(make(), [[], ...props.lines.map(() => [])] as uPlot.AlignedData, element);
    const resize = new ResizeObserver(() => chart.current?.setSize({width: element.clientWidth, height: 190}));
    const recolour = () => chart.current?.redraw(false, true);
    const dark = matchMedia('(prefers-color-scheme: dark)');
    resize.observe(element);
    dark.addEventListener('change', recolour);
    addEventListener('tributary-theme', recolour);
    return () => {
      resize.disconnect();
      dark.removeEventListener('change', recolour);
      removeEventListener('tributary-theme', recolour);
      chart.current?.destroy();
    };
  }, [names]);
  useEffect(() => {
    chart.current?.setData([props.times, ...props.lines.map((line) => line.values)] as uPlot.AlignedData);
  }, [props.times, props.lines, names]);

  const last = (line: Line) => [...line.values].reverse().find((value) => value !== null) ?? null;
  const shown = (line: Line) => { const value = last(line); return value === null ? '–' : props.format(value); };
  const words = props.lines.map((line) => `${line.name} ${shown(line)} ${props.unit}`).join(', ');
  return (
    <figure class="chart">
      <figcaption>
        <strong>{props.title}</strong> <span class="quiet">{props.unit}</span>
        <ul class="legend">
          {props.lines.map((line, i) => (
            <li key={line.name}><i class="dot" data-line={i % 6} />{line.name} <b>{shown(line)}</b></li>
          ))}
        </ul>
      </figcaption>
      <div ref={box} role="img" aria-label={`${props.title}, now: ${words}`} />
    </figure>
  );
}
