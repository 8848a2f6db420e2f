import {call, Letter, parseJson} from '../api';
import {StateTag, Time, Trouble, Waiting} from '../parts/basics';
import {JsonView, pretty} from '../parts/json';
import {useLoad} from '../parts/use_load';
import {bytes} from '../format';
import {link} from '../router';

/** The value as JSON where it is some, else as the text that it is. */
function readable(value: string): string {
  try {
    return pretty(parseJson(value));
  } catch {
    return value;
  }
}

export function LetterDetails(props: {id: string; state: string; reloadKey?: string; onAct?: (kind: 'redrive' | 'drop') => void}) {
  const load = useLoad((signal) => call<Letter>(`/api/dead-letters/${encodeURIComponent(props.id)}`, {signal}),
    `${props.id} ${props.state} ${props.reloadKey ?? ''}`);
  if (load.error !== undefined) return <Trouble error={load.error} retry={load.reload} />;
  const letter = load.value;
  if (!letter) return <Waiting />;
  return (
    <div class="details">
      <dl class="facts">
        <dt>Letter</dt><dd class="mono">{letter.id} <StateTag state={letter.state} /></dd>
        <dt>Why</dt><dd><strong>{letter.reason || 'no reason given'}</strong>{letter.status && letter.status !== '0' ? ` (${letter.status})` : ''} {letter.detail}</dd>
        <dt>From</dt><dd class="mono">{letter.origin.topic}/{letter.origin.partition} at offset {letter.origin.offset}, key {letter.key || '–'}</dd>
        <dt>When</dt><dd><Time at={letter.at} /></dd>
        {letter.event_id && <><dt>Event</dt><dd><a href={link('event', letter.event_id)}>{letter.event_id}</a></dd></>}
        {letter.redrives > 0 && <><dt>Redriven before</dt><dd>{letter.redrives} times</dd></>}
        {letter.action && <><dt>{letter.action.state}</dt><dd>by {letter.action.by}, <Time at={letter.action.at} />
          {letter.action.offset !== undefined && <>, now <span class="mono">{letter.action.topic}/{letter.action.partition} at offset {letter.action.offset}</span></>}</dd></>}
        {!letter.has_value && <><dt>Value</dt><dd>It was too large to be kept; below is what is known of it.</dd></>}
      </dl>
      {props.onAct && letter.state === 'open' && (
        <div class="actions">
          <button type="button" disabled={!letter.has_value} onClick={() => props.onAct!('redrive')}>Redrive</button>
          <button type="button" onClick={() => props.onAct!('drop')}>Drop</button>
        </div>
      )}
      <h3>Value <span class="quiet">{bytes(letter.value_bytes)}</span></h3>
      <JsonView value={null} raw={readable(letter.value ?? '')} label={`Value of ${letter.id}`} />
      <h3>Headers</h3>
      <dl class="facts">{letter.headers?.map((header, i) => <div key={i} class="row"><dt class="mono">{header.name}</dt><dd class="mono">{header.value}</dd></div>)}</dl>
    </div>
  );
}
