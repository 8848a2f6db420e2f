import {useState} from 'preact/hooks';
import {About, call, Letter, LetterReport, LettersPage, query} from '../api';
import {Empty, Page, StateTag, Time, Trouble, Waiting} from '../parts/basics';
import {useDraft, useKeyed} from '../parts/use_draft';
import {useLoad} from '../parts/use_load';
import {count} from '../format';
import {link, Route, setQuery} from '../router';
import {LetterAct, Target} from './letter_act';
import {LetterDetails} from './letter_details';

const kPageSize = 25;
const kStates = [['open', 'Open'], ['redriven', 'Redriven'], ['dropped', 'Dropped'], ['', 'All']] as const;
const kFilters = ['topic', 'reason', 'event_id', 'key'] as const;
type Filters = Record<typeof kFilters[number], string>;
const kNothing: Filters = {topic: '', reason: '', event_id: '', key: ''};

function ReportNote(props: {report: LetterReport; onClose: () => void}) {
  const {report} = props;
  const bad = report.outcomes.filter((one) => one.outcome === 'failed' || one.outcome === 'refused');
  return (
    <div class={`note ${bad.length ? 'warn' : 'good'}`} role="status">
      <strong>{count(report.done)} done{report.refused ? `, ${count(report.refused)} refused` : ''}{report.failed ? `, ${count(report.failed)} failed` : ''}</strong>
      {report.left > 0 && <span>{count(report.left)} more match: do it again for those.</span>}
      {report.index_trouble && <span>{report.index_trouble}</span>}
      {bad.length > 0 && <ul>{bad.slice(0, 5).map((one) => <li key={one.letter}><span class="mono">{one.letter}</span>: {one.detail}</li>)}</ul>}
      <button type="button" class="small" onClick={props.onClose}>Close</button>
    </div>
  );
}

function FilterForm(props: {about?: About; filters: Filters; onChange: (filters: Filters) => void}) {
  const [draft, setDraft] = useDraft(props.filters);
  const set = (name: keyof Filters) => (event: Event) => setDraft({...draft, [name]: (event.target as HTMLInputElement).value.trim()});
  return (
    <form class="filters" role="search" onSubmit={(event) => { event.preventDefault(); props.onChange(draft); }}>
      <label>Topic
        <select value={draft.topic} onChange={(event) => props.onChange({...draft, topic: (event.target as HTMLSelectElement).value})}>
          <option value="">all</option>
          {props.about?.types.map((type) => <option key={type.topic} value={type.topic}>{type.topic}</option>)}
        </select>
      </label>
      <label>Reason<input value={draft.reason} onInput={set('reason')} placeholder="mapping_conflict" spellcheck={false} autocomplete="off" /></label>
      <label>Event id<input value={draft.event_id} onInput={set('event_id')} spellcheck={false} autocomplete="off" /></label>
      <label>Key<input value={draft.key} onInput={set('key')} spellcheck={false} autocomplete="off" /></label>
      <div class="actions"><button type="submit" class="primary">Filter</button>
        <button type="button" onClick={() => { setDraft(kNothing); props.onChange(kNothing); }}>Clear</button></div>
    </form>
  );
}

function Row(props: {letter: Letter; isChosen: boolean; isOpen: boolean; onChoose: (chosen: boolean) => void; onOpen: () => void; onAct: (kind: 'redrive' | 'drop') => void}) {
  const {letter} = props;
  return (
    <>
      <tr>
        <td>{letter.state === 'open' && <input type="checkbox" aria-label={`Choose ${letter.id}`} checked={props.isChosen}
          onChange={(event) => props.onChoose((event.target as HTMLInputElement).checked)} />}</td>
        <td><Time at={letter.at} /></td>
        <td class="mono">{letter.id}</td>
        <td><StateTag state={letter.state} /></td>
        <td class="cut wide"><strong>{letter.reason || 'no reason given'}</strong> <span class="quiet">{letter.detail}</span></td>
        <td class="id">{letter.event_id ? <a href={link('event', letter.event_id)} title={letter.event_id}>{letter.event_id}</a> : '–'}</td>
        <td class="actions">
          <button type="button" class="small" aria-expanded={props.isOpen} onClick={props.onOpen}>Inspect<span class="hidden"> {letter.id}</span></button>
          {letter.state === 'open' && <>
            <button type="button" class="small" disabled={!letter.has_value} onClick={() => props.onAct('redrive')}>Redrive<span class="hidden"> {letter.id}</span></button>
            <button type="button" class="small" onClick={() => props.onAct('drop')}>Drop<span class="hidden"> {letter.id}</span></button>
          </>}
        </td>
      </tr>
      {props.isOpen && <tr class="open"><td colSpan={7}><LetterDetails id={letter.id} state={letter.state} /></td></tr>}
    </>
  );
}

export function LettersPageView(props: {about?: About; route: Route}) {
  const search = props.route.query;
  const state = search.get('state') ?? 'open';
  const filters = Object.fromEntries(kFilters.map((name) => [name, search.get(name) ?? ''])) as Filters;
  const filterKey = JSON.stringify({state, filters});
  const [from, setFrom] = useKeyed(0, filterKey);
  const [chosen, setChosen] = useKeyed<Set<string>>(new Set(), filterKey);
  const [open, setOpen] = useState(props.route.path[1] ?? '');
  const [target, setTarget] = useState<Target>();
  const [report, setReport] = useState<LetterReport>();
  const load = useLoad(async (signal) => ({
    first: from + 1,
    ...await call<LettersPage>('/api/dead-letters' + query({
      ...filters, state: state === 'all' ? '' : state, from, size: kPageSize}), {signal}),
  }), `${filterKey} ${from}`);
  const page = load.value;
  // Only a page that has come tells whether another one follows.
  const showOlder = () => { if (load.isCurrent) setFrom(from + kPageSize); };
  const openOnes = page?.letters.filter((letter) => letter.state === 'open') ?? [];
  const go = (next: Filters, nextState = state) => setQuery({...next, state: nextState === 'open' ? '' : nextState});
  const done = (result: LetterReport) => { setReport(result); setTarget(undefined); setChosen(new Set()); load.reload(); };
  const named = props.route.path[1];
  return (
    <Page title="Dead letters" lead="What could not be indexed, and why. Redrive gives it another try; drop puts it away for good."
      actions={<button type="button" onClick={load.reload}>Refresh</button>}>
      {named && <section class="panel" aria-label={`Dead letter ${named}`}><LetterDetails id={named} state="" onAct={(kind) => setTarget({kind, ids: [named]})} reloadKey={JSON.stringify(report)} /></section>}
      {report && <ReportNote report={report} onClose={() => setReport(undefined)} />}
      <div class="segments" role="group" aria-label="State">
        {kStates.map(([value, label]) => {
          const name = value || 'all';
          return <button type="button" key={name} aria-pressed={state === name} onClick={() => go(filters, name)}>{label}</button>;
        })}
      </div>
      <FilterForm about={props.about} filters={filters} onChange={(next) => go(next)} />
      {load.error !== undefined && <Trouble error={load.error} retry={load.reload} />}
      {!page && load.isLoading && <Waiting />}
      {page && !page.letters.length && <Empty title={state === 'open' ? 'No open dead letters' : 'None of these'}>
        {state === 'open' ? 'Everything that was accepted has been indexed, is on its way, or was dealt with.' : 'No dead letter matches.'}</Empty>}
      {page && page.letters.length > 0 && (
        <>
          <div class="bulk actions" role="group" aria-label="Act on several">
            <button type="button" disabled={!chosen.size} onClick={() => setTarget({kind: 'redrive', ids: [...chosen]})}>Redrive chosen ({chosen.size})</button>
            <button type="button" disabled={!chosen.size} onClick={() => setTarget({kind: 'drop', ids: [...chosen]})}>Drop chosen ({chosen.size})</button>
            {state === 'open' && <button type="button" onClick={() => setTarget({kind: 'redrive', filter: filters, total: page.total})}>Redrive all {count(page.total)} found</button>}
          </div>
          <div class={`scroll ${load.isLoading ? 'stale' : ''}`} tabIndex={0} role="region" aria-label="Dead letters found">
            <table class="letters">
              <thead><tr>
                <th>{openOnes.length > 0 && <input type="checkbox" aria-label="Choose all on this page" checked={openOnes.every((letter) => chosen.has(letter.id))}
                  onChange={(event) => setChosen(new Set((event.target as HTMLInputElement).checked ? openOnes.map((letter) => letter.id) : []))} />}</th>
                <th>When</th><th>Letter</th><th>State</th><th>Why</th><th>Event id</th><th><span class="hidden">Actions</span></th>
              </tr></thead>
              <tbody>
                {page.letters.map((letter) => (
                  <Row key={letter.id} letter={letter} isChosen={chosen.has(letter.id)} isOpen={open === letter.id}
                    onChoose={(is) => { const next = new Set(chosen); if (is) next.add(letter.id); else next.delete(letter.id); setChosen(next); }}
                    onOpen={() => setOpen(open === letter.id ? '' : letter.id)} onAct={(kind) => setTarget({kind, ids: [letter.id]})} />
                ))}
              </tbody>
            </table>
          </div>
          <nav class="pager" aria-label="Pages">
            <span role="status">{count(page.first)}–{count(page.first + page.letters.length - 1)} of {count(page.total)}</span>
            <button type="button" disabled={from === 0} onClick={() => setFrom(Math.max(0, from - kPageSize))}>Newer</button>
            <button type="button" disabled={from + page.letters.length >= page.total} onClick={showOlder}>Older</button>
          </nav>
        </>
      )}
      {target && <LetterAct target={target} onClose={() => setTarget(undefined)} onDone={done} />}
    </Page>
  );
}
