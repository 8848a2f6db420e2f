import {useState} from 'preact/hooks';
import {About, call, query, token} from '../api';
import {Page, StateTag, Time, Trouble, Waiting} from '../parts/basics';
import {useLoad} from '../parts/use_load';
import {Live, useToken} from '../live';
import {count} from '../format';

interface Totals { records?: number; indexed?: number; duplicates?: number; dead_lettered?: number; in_flight?: number }
interface Ledger { balanced: boolean; totals: Totals; partitions: {topic?: string; partition?: number; differences?: string[]}[] }

function LedgerView() {
  const [turn, setTurn] = useState(0);
  const load = useLoad((signal) => call<Ledger>(`/api/ledger${query({})}`, {signal}), String(turn));
  const ledger = load.value;
  const differences = ledger?.partitions.flatMap((one) => one.differences ?? []) ?? [];
  return (
    <section class="panel" aria-labelledby="ledger">
      <h2 id="ledger">Ledger {ledger && <StateTag state={ledger.balanced ? 'balanced' : 'not balanced'} />}
        <button type="button" class="small" onClick={() => setTurn(turn + 1)}>Check again</button></h2>
      <p class="quiet">Every record that was accepted is indexed, a duplicate, a dead letter, or in flight; counted in the log, compared with the index.</p>
      {load.error !== undefined && <Trouble error={load.error} retry={load.reload} />}
      {!ledger && load.isLoading && <Waiting />}
      {ledger && (
        <dl class="tiles">
          {(['records', 'indexed', 'duplicates', 'dead_lettered', 'in_flight'] as const).map((name) => (
            <div class="tile" key={name}><dt>{name.replace('_', ' ')}</dt><dd><b>{count(ledger.totals[name])}</b></dd></div>
          ))}
        </dl>
      )}
      {differences.length > 0 && <ul class="note bad">{differences.map((one) => <li key={one}>{one}</li>)}</ul>}
    </section>
  );
}

function TokenForm() {
  const [has, setHas] = useState(Boolean(token.get()));
  if (!has) return null;
  return (
    <section class="panel"><h2>Token</h2>
      <p class="quiet">This browser keeps a token for this console.</p>
      <button type="button" onClick={() => { useToken(''); setHas(false); }}>Forget it</button>
    </section>
  );
}

/** What is not there is left out on a phone. */
function Cell(props: {kind: string; text?: string}) {
  return <td class={`${props.kind} ${props.text ? '' : 'none'}`}>{props.text || '–'}</td>;
}

export function StatusPage(props: {about?: About; live: Live}) {
  const {live} = props;
  const last = live.samples[live.samples.length - 1];
  const parts = last ? [
    {name: 'event log', ready: last.log.ok, detail: last.log.detail, address: props.about?.log, version: last.log.version},
    {name: 'document index', ready: last.index.ok, detail: last.index.detail, address: props.about?.index, version: last.index.version},
    ...last.parts,
  ] : [];
  return (
    <Page title="Status" lead={<>Tributary {props.about?.version ?? ''}{last && <>, as of <Time at={last.at} /></>}</>}>
      {!last && <Waiting />}
      {last && (
        <div class="scroll" tabIndex={0} role="region" aria-label="Parts of the system">
          <table class="parts">
            <thead><tr><th>Part</th><th>State</th><th>Address</th><th>Version</th><th>Detail</th></tr></thead>
            <tbody>
              {parts.map((part) => (
                <tr key={part.name}>
                  <th scope="row">{part.name}</th>
                  <td><StateTag state={part.ready ? 'ready' : 'not ready'} /></td>
                  <Cell kind="mono" text={part.address} />
                  <Cell kind="" text={part.version} />
                  <Cell kind="cut wide" text={part.detail} />
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <LedgerView />
      <TokenForm />
    </Page>
  );
}
