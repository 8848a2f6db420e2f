import {useEffect, useMemo, useState} from 'preact/hooks';
import {About, call, EntityType, Field, Problem, Violation} from '../api';
import {Empty, Page, Trouble, Waiting} from '../parts/basics';
import {pretty} from '../parts/json';
import {link} from '../router';
import {exampleOf} from './examples';

interface Receipt { id: string; topic: string; partition: number; offset: number }
type Values = Record<string, string>;
type Errors = Record<string, string>;

/** What a field of the form becomes in `data`, or why it cannot. */
function valueOf(field: Field, text: string): {value: unknown} | {error: string} {
  const trimmed = text.trim();
  if (field.kind === 'number') {
    const value = Number(trimmed);
    return Number.isFinite(value) ? {value} : {error: `“${text}” is not a number.`};
  }
  if (field.kind === 'boolean') {
    if (trimmed === 'true' || trimmed === 'false') return {value: trimmed === 'true'};
    return {error: 'Write true or false.'};
  }
  if (field.kind === 'date' && Number.isNaN(Date.parse(trimmed))) {
    return {error: `“${text}” is no date; write 2026-11-23 or 2026-11-23T06:00:00Z.`};
  }
  return {value: text};
}

function dataOf(fields: Field[], values: Values): {data: Record<string, unknown>; errors: Errors} {
  const data: Record<string, unknown> = {};
  const errors: Errors = {};
  for (const field of fields) {
    const text = values[field.name] ?? '';
    if (!text.trim()) continue;
    const read = valueOf(field, text);
    if ('error' in read) errors[field.name] = read.error;
    else data[field.name] = read.value;
  }
  if (!Object.keys(data).length && !Object.keys(errors).length) errors[fields[0]?.name ?? ''] = 'Fill in at least one field.';
  return {data, errors};
}

/** A violation belongs to the field that its pointer names: /data/price, or /price. */
function fieldOf(violation: Violation, fields: Field[]): string | undefined {
  const names = violation.pointer.split('/').filter((part) => part && part !== 'data')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  return fields.find((field) => field.name === names[0])?.name;
}

function FieldInput(props: {field: Field; isId: boolean; value: string; error?: string; onInput: (value: string) => void}) {
  const {field} = props;
  const id = `field-${field.name}`;
  return (
    <div class="field">
      <label for={id}>{field.name} <span class="quiet">{props.isId ? `${field.kind}, keeps its events in order` : field.kind}</span></label>
      <input id={id} value={props.value} inputMode={field.kind === 'number' ? 'decimal' : undefined} autocomplete="off"
        aria-invalid={props.error ? true : undefined} aria-describedby={props.error ? `${id}-error` : undefined}
        onInput={(event) => props.onInput((event.target as HTMLInputElement).value)} />
      {props.error && <p class="error" id={`${id}-error`}>{props.error}</p>}
    </div>
  );
}

function SendForm(props: {type: EntityType}) {
  const {type} = props;
  const example = useMemo(() => exampleOf(type), [type]);
  const asText = (data: Record<string, unknown>): Values =>
    Object.fromEntries(Object.entries(data).map(([name, value]) => [name, String(value)]));
  const [mode, setMode] = useState<'form' | 'json'>('form');
  const [values, setValues] = useState<Values>(asText(example));
  const [json, setJson] = useState(pretty(example));
  const [key, setKey] = useState('');
  const [errors, setErrors] = useState<Errors>({});
  const [failure, setFailure] = useState<unknown>();
  const [receipt, setReceipt] = useState<Receipt>();
  const [isBusy, setBusy] = useState(false);

  const read = (): Record<string, unknown> | undefined => {
    if (mode === 'form') {
      const {data, errors: found} = dataOf(type.fields, values);
      setErrors(found);
      return Object.keys(found).length ? undefined : data;
    }
    try {
      const data = JSON.parse(json) as Record<string, unknown>;
      if (data && typeof data === 'object' && !Array.isArray(data)) { setErrors({}); return data; }
      setErrors({json: 'The data of an event is an object: { … }.'});
    } catch (error) {
      setErrors({json: `This is no JSON: ${(error as Error).message}`});
    }
    return undefined;
  };
  const focusFirst = () => requestAnimationFrame(() =>
    document.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
  const place = (problem: Problem) => {
    const found: Errors = {};
    const rest: Violation[] = [];
    for (const violation of problem.violations) {
      const name = mode === 'json' ? 'json' : fieldOf(violation, type.fields);
      if (name) found[name] = [found[name], mode === 'json' ? `${violation.pointer}: ${violation.detail}` : violation.detail].filter(Boolean).join(' ');
      else rest.push(violation);
    }
    setErrors(found);
    setFailure(rest.length || !problem.violations.length
      ? new Problem(problem.status, problem.title, [problem.message, ...rest.map((one) => `${one.pointer} ${one.detail}`)].join(' '))
      : undefined);
    focusFirst();
  };
  const submit = async (event: Event) => {
    event.preventDefault();
    setReceipt(undefined);
    setFailure(undefined);
    const data = read();
    if (!data) return focusFirst();
    setBusy(true);
    try {
      // The text itself where it was written as JSON: numbers stay as they are.
      const body = mode === 'json' ? `{"type":${JSON.stringify(type.name)},"data":${json}}` : JSON.stringify({type: type.name, data});
      setReceipt(await call<Receipt>('/events', {
        method: 'POST', body,
        headers: {'Content-Type': 'application/json', ...(key ? {'Idempotency-Key': key} : {})},
      }));
      setErrors({});
    } catch (error) {
      if (error instanceof Problem) place(error);
      else setFailure(error);
    } finally {
      setBusy(false);
    }
  };
  const switchTo = (next: 'form' | 'json') => {
    if (next === 'json') setJson(pretty(dataOf(type.fields, values).data));
    setErrors({});
    setMode(next);
  };
  return (
    <form class="send" noValidate onSubmit={(event) => void submit(event)}>
      <div class="segments" role="group" aria-label="How to write it">
        <button type="button" aria-pressed={mode === 'form'} onClick={() => switchTo('form')}>Fields</button>
        <button type="button" aria-pressed={mode === 'json'} onClick={() => switchTo('json')}>JSON</button>
      </div>
      {mode === 'form' ? (
        <div class="fields">
          {type.fields.map((field) => (
            <FieldInput key={field.name} field={field} isId={field.name === type.id_field} value={values[field.name] ?? ''} error={errors[field.name]}
              onInput={(value) => setValues({...values, [field.name]: value})} />
          ))}
        </div>
      ) : (
        <div class="field">
          <label for="json">Data <span class="quiet">any fields you like, not only the known ones</span></label>
          <textarea id="json" rows={14} spellcheck={false} value={json} aria-invalid={errors.json ? true : undefined}
            aria-describedby={errors.json ? 'json-error' : undefined} onInput={(event) => setJson((event.target as HTMLTextAreaElement).value)} />
          {errors.json && <p class="error" id="json-error">{errors.json}</p>}
        </div>
      )}
      <div class="field narrow">
        <label for="key">Event id <span class="quiet">sending it twice makes one event; empty: a new one</span></label>
        <input id="key" value={key} maxLength={128} autocomplete="off" spellcheck={false} onInput={(event) => setKey((event.target as HTMLInputElement).value)} />
      </div>
      {failure !== undefined && <Trouble error={failure} />}
      {receipt && (
        <div class="note good" role="status"><strong>Accepted</strong>
          <span>as <span class="mono">{receipt.id}</span>, in {receipt.topic}/{receipt.partition} at offset {receipt.offset}. <a href={link('event', receipt.id)}>Where is it now?</a></span></div>
      )}
      <div class="actions"><button type="submit" class="primary" disabled={isBusy}>{isBusy ? 'Sending …' : `Send ${type.name}`}</button></div>
    </form>
  );
}

export function SendPage(props: {about?: About}) {
  const [name, setName] = useState('');
  useEffect(() => { if (!name && props.about?.types[0]) setName(props.about.types[0].name); }, [props.about]);
  const type = props.about?.types.find((one) => one.name === name);
  if (!props.about) return <Page title="Send"><Waiting /></Page>;
  if (!props.about.takes_events) {
    return <Page title="Send"><Empty title="No events are taken here">This console has no Producer behind it: set PRODUCER_URL, or send events to the gateway.</Empty></Page>;
  }
  return (
    <Page title="Send" lead="One event, the way every client sends it. The answer comes when the log has confirmed it.">
      <div class="segments" role="group" aria-label="Type">
        {props.about.types.map((one) => <button type="button" key={one.name} aria-pressed={one.name === name} onClick={() => setName(one.name)}>{one.name}</button>)}
      </div>
      {type && <SendForm key={type.name} type={type} />}
    </Page>
  );
}
