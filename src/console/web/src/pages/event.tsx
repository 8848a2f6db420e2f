import {useEffect} from 'preact/hooks';
import {call, Match, Stage, Way} from '../api';
import {Copy, Empty, Page, StateTag, Time, Trouble, TypeTag, Waiting} from '../parts/basics';
import {JsonView} from '../parts/json';
import {useDraft} from '../parts/use_draft';
import {useLoad} from '../parts/use_load';
import {duration} from '../format';
import {link} from '../router';

const kShownApart = ['stage', 'time', 'topic', 'partition', 'offset', 'origin', 'dlq', 'state'];

function placeOf(value: unknown): string {
  const place = value as {topic?: string; partition?: number; offset?: number} | undefined;
  if (place?.offset === undefined || place.offset === null) return '';
  return `${place.topic ? `${place.topic}/` : 'partition '}${place.partition} at offset ${place.offset}`;
}

function StageLine(props: {stage: Stage; before?: Stage}) {
  const {stage, before} = props;
  const gap = before?.time && stage.time ? Date.parse(stage.time) - Date.parse(before.time) : undefined;
  const rest = Object.entries(stage).filter(([name, value]) =>
    !kShownApart.includes(name) && value !== null && value !== '');
  return (
    <li data-stage={stage.stage}>
      {gap !== undefined && <span class="gap">+{duration(gap)}</span>}
      <strong>{stage.stage}</strong> <Time at={stage.time} />
      <div class="quiet">
        {placeOf(stage) && <span class="pair">{placeOf(stage)}</span>}
        {stage.dlq !== undefined && stage.dlq !== null && <span class="pair">dead-letter topic, {placeOf(stage.dlq)}</span>}
        {rest.map(([name, value]) => <span key={name} class="pair">{name}: {String(value)}</span>)}
      </div>
    </li>
  );
}

function MatchView(props: {match: Match; number: number}) {
  const {match} = props;
  const trace = match.traceparent?.split('-')[1];
  return (
    <article class="panel" aria-label={`Match ${props.number}`}>
      <h2><StateTag state={match.state} /> <TypeTag name={match.type} /> {match.source && <span class="quiet">from {match.source}</span>}</h2>
      <ol class="timeline">
        {match.stages.map((stage, i) => <StageLine key={i} stage={stage} before={match.stages[i - 1]} />)}
        {match.state === 'in-flight' && <li data-stage="waiting"><strong>waiting</strong> <span class="quiet">for the Consumer to index it</span></li>}
      </ol>
      <dl class="facts">
        {match.subject && <><dt>Subject</dt><dd>{match.subject}</dd></>}
        {trace && <><dt>Trace id</dt><dd class="mono">{trace} <Copy text={trace} /></dd></>}
        {match.index && <><dt>Document</dt><dd class="mono">{match.index}/{match.document_id}</dd></>}
        {match.latency_ms !== undefined && match.latency_ms !== null && <><dt>Received to indexed</dt><dd>{duration(match.latency_ms)}</dd></>}
      </dl>
      {match.state === 'dead-lettered' && match.document_id &&
        <p><a href={link('letters', match.document_id)}>Look at the dead letter, redrive or drop it</a></p>}
      {match.document !== undefined && <JsonView value={match.document} label="The stored document" />}
    </article>
  );
}

function Lookup(props: {id: string}) {
  const load = useLoad((signal) => call<Way>(`/api/events/${encodeURIComponent(props.id)}`, {signal}), props.id);
  const states = load.value?.matches.map((match) => match.state);
  // A dead letter may be redriven at any moment, and what was redriven is found a second later.
  const isWaiting = states !== undefined && (states.includes('in-flight') || !states.includes('indexed'));
  useEffect(() => {
    if (!isWaiting) return;
    const timer = setInterval(load.reload, 1500);
    return () => clearInterval(timer);
  }, [isWaiting, props.id]);
  return (
    <>
      {load.error !== undefined && <Trouble error={load.error} retry={load.reload} />}
      {!load.value && load.isLoading && <Waiting />}
      {load.value?.matches.length === 0 && (
        <Empty title="Nothing with this id">
          No event with the id “{props.id}” was accepted, or it was trimmed away. This page looks again by itself.
        </Empty>
      )}
      {load.value?.incomplete && <p class="note warn">So much is waiting that not all of it was looked through.</p>}
      {load.value?.matches.map((match, i) => <MatchView key={i} match={match} number={i + 1} />)}
    </>
  );
}

export function EventPage(props: {id: string}) {
  const [draft, setDraft] = useDraft(props.id);
  return (
    <Page title="Event" lead="Where is it, and how did it get there?">
      <form class="filters" onSubmit={(event) => { event.preventDefault(); if (draft) location.hash = link('event', draft).slice(1); }}>
        <label class="grow">Event id<input value={draft} required maxLength={128} autocomplete="off" spellcheck={false}
          onInput={(event) => setDraft((event.target as HTMLInputElement).value)} /></label>
        <div class="actions"><button type="submit" class="primary">Find</button>{props.id && <Copy text={props.id} label="Copy id" />}</div>
      </form>
      {props.id ? <Lookup key={props.id} id={props.id} /> : (
        <Empty title="Which event?">Every answer to <code>POST /events</code> has its id; the list of <a href={link('events')}>events</a> too.</Empty>
      )}
    </Page>
  );
}
