import {useMemo, useState} from 'preact/hooks';
import {About} from '../api';
import {Empty, Page, StateTag} from '../parts/basics';
import {Chart, Line} from '../parts/chart';
import {count, duration, rate} from '../format';
import {Live, rateBetween, rateOf, Sample, TypeCounts} from '../live';
import {link} from '../router';

type Quantile = 'p50' | 'p95' | 'p99';
const kColors = ['--line-0', '--line-1', '--line-2', '--line-3', '--line-4', '--line-5'];

function linesOf(samples: Sample[], types: string[], value: (sample: Sample, before: Sample | undefined, type: string) => number | null): Line[] {
  return types.map((name, i) => ({
    name, color: kColors[i % kColors.length]!,
    values: samples.map((sample, n) => value(sample, samples[n - 1], name)),
  }));
}

const countsOf = (sample: Sample, type: string): TypeCounts | undefined =>
  sample.types.find((one) => one.type === type);

function sum(sample: Sample | undefined, name: 'lag' | 'dead_lettered' | 'indexed' | 'accepted'): number | undefined {
  if (!sample || sample.types.some((one) => one[name] === undefined)) return undefined;
  return sample.types.reduce((total, one) => total + one[name]!, 0);
}

function Tile(props: {name: string; value: string; unit?: string; hint?: string; tone?: string}) {
  return (
    <div class={`tile ${props.tone ?? ''}`}>
      <dt>{props.name}</dt>
      <dd><b>{props.value}</b> {props.unit && <span>{props.unit}</span>}</dd>
      {props.hint && <dd class="quiet">{props.hint}</dd>}
    </div>
  );
}

function Tiles(props: {samples: Sample[]; types: string[]}) {
  const last = props.samples[props.samples.length - 1];
  const total = (name: 'accepted' | 'indexed') => {
    const rates = props.types.map((type) => rateOf(props.samples, type, name));
    return rates.every((one) => one === null) ? null : rates.reduce<number>((all, one) => all + (one ?? 0), 0);
  };
  const worst = (which: Quantile) => {
    const values = last?.types.flatMap((one) => (one.latency_ms ? [one.latency_ms[which]] : [])) ?? [];
    return values.length ? Math.max(...values) : null;
  };
  const lag = sum(last, 'lag');
  const dead = sum(last, 'dead_lettered');
  return (
    <dl class="tiles">
      <Tile name="Accepted" value={rate(total('accepted'))} unit="/s" hint={`${count(sum(last, 'accepted'))} in all`} />
      <Tile name="Indexed" value={rate(total('indexed'))} unit="/s" hint={`${count(sum(last, 'indexed'))} in all`} />
      <Tile name="Waiting" value={count(lag)} unit="events" hint="accepted, not yet indexed" />
      <Tile name="Latency, median" value={duration(worst('p50'))} hint={`p99 ${duration(worst('p99'))}`} />
      <Tile name="Dead letters" value={count(dead)} hint="in all, acted on or not" tone={dead ? 'bad' : ''} />
    </dl>
  );
}

function TypesTable(props: {samples: Sample[]; types: string[]}) {
  const last = props.samples[props.samples.length - 1]!;
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Counts by type">
      <table>
        <thead>
          <tr><th>Type</th><th class="num">Indexed /s</th><th class="num">Accepted</th><th class="num">Indexed</th>
            <th class="num">Duplicates</th><th class="num">Dead letters</th><th class="num">Waiting</th>
            <th class="num">p50</th><th class="num">p95</th><th class="num">p99</th></tr>
        </thead>
        <tbody>
          {props.types.map((type) => {
            const one = countsOf(last, type);
            return (
              <tr key={type}>
                <th scope="row"><a href={`${link('events')}?type=${encodeURIComponent(type)}`}>{type}</a></th>
                <td class="num">{rate(rateOf(props.samples, type, 'indexed'))}</td>
                <td class="num">{count(one?.accepted)}</td><td class="num">{count(one?.indexed)}</td>
                <td class="num">{count(one?.duplicates)}</td><td class="num">{count(one?.dead_lettered)}</td>
                <td class="num">{count(one?.lag)}</td>
                <td class="num">{duration(one?.latency_ms?.p50)}</td>
                <td class="num">{duration(one?.latency_ms?.p95)}</td>
                <td class="num">{duration(one?.latency_ms?.p99)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function Errors(props: {sample: Sample}) {
  const broken = [
    ...(props.sample.log.ok ? [] : [{name: 'event log', detail: props.sample.log.detail}]),
    ...(props.sample.index.ok ? [] : [{name: 'document index', detail: props.sample.index.detail}]),
    ...props.sample.parts.filter((part) => !part.ready),
  ];
  if (!broken.length) return <p class="quiet">None: log, index and every part answer.</p>;
  return (
    <ul class="plain">
      {broken.map((part) => (
        <li key={part.name}><StateTag state="not ready" /> <strong>{part.name}</strong> {part.detail}</li>
      ))}
    </ul>
  );
}

export function LivePage(props: {about?: About; live: Live}) {
  const [quantile, setQuantile] = useState<Quantile>('p95');
  const {samples} = props.live;
  const last = samples[samples.length - 1];
  const names = last?.types.map((one) => one.type).join('|') ?? '';
  const types = useMemo(() => names.split('|').filter(Boolean), [names]);
  const times = useMemo(() => samples.map((sample) => Date.parse(sample.at) / 1000), [samples]);
  const throughput = useMemo(() => linesOf(samples, types, (sample, before, type) =>
    (before ? rateBetween(before, sample, type, 'indexed') : null)), [samples, types]);
  const latency = useMemo(() => linesOf(samples, types, (sample, _before, type) =>
    countsOf(sample, type)?.latency_ms?.[quantile] ?? null), [samples, types, quantile]);
  const lag = useMemo(() => linesOf(samples, types, (sample, _before, type) =>
    countsOf(sample, type)?.lag ?? null), [samples, types]);

  if (!last) {
    return (
      <Page title="Live">
        <Empty title="Waiting for the first measurement">It comes within a second or two.</Empty>
      </Page>
    );
  }
  return (
    <Page title="Live" lead="What moves through the pipeline, measured every second.">
      <Tiles samples={samples} types={types} />
      <div class="charts">
        <Chart title="Throughput" unit="indexed /s" times={times} lines={throughput} format={(value) => rate(value)} />
        <div class="chart-box">
          <div class="segments" role="group" aria-label="Which latency">
            {(['p50', 'p95', 'p99'] as const).map((one) => (
              <button type="button" class="small" aria-pressed={one === quantile} onClick={() => setQuantile(one)} key={one}>{one}</button>
            ))}
          </div>
          <Chart title="Latency" unit={`received to indexed, ${quantile}`} times={times} lines={latency} format={duration} />
        </div>
        <Chart title="Waiting" unit="events" times={times} lines={lag} format={(value) => count(value)} />
        <section class="panel" aria-labelledby="errors"><h2 id="errors">Errors</h2><Errors sample={last} /></section>
      </div>
      <section><h2>By type</h2><TypesTable samples={samples} types={types} /></section>
    </Page>
  );
}
