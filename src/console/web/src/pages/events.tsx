import {useState} from 'preact/hooks';
import {About, call, EventDocument, EventsPage, query} from '../api';
import {Copy, Empty, Page, Time, Trouble, TypeTag, Waiting} from '../parts/basics';
import {JsonView} from '../parts/json';
import {useDraft, useKeyed} from '../parts/use_draft';
import {useLoad} from '../parts/use_load';
import {count, duration, fromLocal} from '../format';
import {link, Route, setQuery} from '../router';

const kPageSize = 25;
const kFields = ['q', 'type', 'id', 'after', 'before'] as const;
type Wanted = Record<typeof kFields[number], string>;
const kNothing: Wanted = {q: '', type: '', id: '', after: '', before: ''};

const wantedOf = (route: Route): Wanted =>
  Object.fromEntries(kFields.map((name) => [name, route.query.get(name) ?? ''])) as Wanted;

function Search(props: {about?: About; wanted: Wanted; onSearch: (wanted: Wanted) => void}) {
  const [draft, setDraft] = useDraft(props.wanted);
  const set = (name: keyof Wanted) => (event: Event) =>
    setDraft({...draft, [name]: (event.target as HTMLInputElement).value});
  return (
    <form class="filters" role="search" onSubmit={(event) => { event.preventDefault(); props.onSearch(draft); }}>
      <label class="grow">Words<input type="search" value={draft.q} onInput={set('q')} placeholder="all of them must occur" /></label>
      <label>Type
        <select value={draft.type} onChange={(event) => {
          const next = {...draft, type: (event.target as HTMLSelectElement).value};
          setDraft(next);
          props.onSearch(next);
        }}>
          <option value="">all</option>
          {props.about?.types.map((type) => <option key={type.name} value={type.name}>{type.name}</option>)}
        </select>
      </label>
      <label>Event id<input value={draft.id} onInput={set('id')} autocomplete="off" spellcheck={false} /></label>
      <label>Received from<input type="datetime-local" value={draft.after} onInput={set('after')} /></label>
      <label>Received until<input type="datetime-local" value={draft.before} onInput={set('before')} /></label>
      <div class="actions">
        <button type="submit" class="primary">Search</button>
        <button type="button" onClick={() => { setDraft(kNothing); props.onSearch(kNothing); }}>Clear</button>
      </div>
    </form>
  );
}

function summaryOf(event: EventDocument): string {
  if (!event.data || typeof event.data !== 'object') return String(event.data ?? '');
  return Object.entries(event.data).slice(0, 8)
    .map(([name, value]) => `${name}: ${typeof value === 'object' && value !== null && !('source' in value) ? '…' : String(value)}`)
    .join('  ');
}

function Row(props: {event: EventDocument}) {
  const {event} = props;
  const [isOpen, setOpen] = useState(false);
  const name = `json-${event.kafka?.topic}-${event.kafka?.partition}-${event.kafka?.offset}`;
  return (
    <>
      <tr>
        <td><Time at={event.pipeline?.received_at} /></td>
        <td><TypeTag name={event.type} /></td>
        <td class="id"><a href={link('event', event.id)} title={event.id}>{event.id}</a></td>
        <td class="cut">{summaryOf(event)}</td>
        <td class="num">{duration(event.pipeline?.latency_ms)}</td>
        <td class="actions">
          <button type="button" class="small" aria-expanded={isOpen} aria-controls={name} onClick={() => setOpen(!isOpen)}>
            JSON<span class="hidden"> of {event.id}</span>
          </button>
          <Copy text={event.id} label="Copy id" />
        </td>
      </tr>
      {isOpen && <tr id={name} class="open"><td colSpan={6}><JsonView value={event} label={`JSON of ${event.id}`} /></td></tr>}
    </>
  );
}

/** Pages are reached by cursors, so one can go back only over those that one came by. */
export function EventsPageView(props: {about?: About; route: Route}) {
  const wanted = wantedOf(props.route);
  const key = JSON.stringify(wanted);
  const [cursors, setCursors] = useKeyed<string[]>([], key);
  const cursor = cursors[cursors.length - 1] ?? '';
  const load = useLoad(async (signal) => ({
    first: cursors.length * kPageSize + 1,
    ...await call<EventsPage>('/api/events' + query({
      ...wanted, after: fromLocal(wanted.after), before: fromLocal(wanted.before), size: kPageSize, cursor,
    }), {signal}),
  }), `${key} ${cursor}`);
  const page = load.value;
  // A page that was left stays until the next one has come; its cursor leads to that one only.
  const showOlder = () => { if (load.isCurrent) setCursors([...cursors, page!.cursor!]); };
  return (
    <Page title="Events" lead="Every document, newest first."
      actions={<button type="button" onClick={load.reload}>Refresh</button>}>
      <Search about={props.about} wanted={wanted} onSearch={(next) => { setQuery(next); if (JSON.stringify(next) === key) load.reload(); }} />
      {load.error !== undefined && <Trouble error={load.error} retry={load.reload} />}
      {!page && load.isLoading && <Waiting />}
      {page && !page.events.length && (
        <Empty title="Nothing found">{kFields.some((name) => wanted[name])
          ? 'No document matches all of this. All words must occur, as whole words.'
          : <>No event has been indexed yet. <a href={link('send')}>Send one.</a></>}</Empty>
      )}
      {page && page.events.length > 0 && (
        <>
          <div class={`scroll ${load.isLoading ? 'stale' : ''}`} tabIndex={0} role="region" aria-label="Events found">
            <table class="events">
              <thead><tr><th>Received</th><th>Type</th><th>Event id</th><th>Data</th><th class="num">Latency</th><th><span class="hidden">Actions</span></th></tr></thead>
              <tbody>{page.events.map((event) => <Row key={JSON.stringify(event.kafka) + event.id} event={event} />)}</tbody>
            </table>
          </div>
          <nav class="pager" aria-label="Pages">
            <span role="status">{count(page.first)}–{count(page.first + page.events.length - 1)} of {count(page.total)}</span>
            <button type="button" disabled={!cursors.length} onClick={() => setCursors(cursors.slice(0, -1))}>Newer</button>
            <button type="button" disabled={!page.cursor} onClick={showOlder}>Older</button>
          </nav>
        </>
      )}
    </Page>
  );
}
