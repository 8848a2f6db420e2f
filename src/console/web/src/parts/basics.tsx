// Small things that every page uses.
import {ComponentChildren} from 'preact';
import {useEffect, useRef, useState} from 'preact/hooks';
import {Problem} from '../api';
import {time} from '../format';

export function Page(props: {title: string; lead?: ComponentChildren; actions?: ComponentChildren; children: ComponentChildren}) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${props.title} · Tributary`;
    // Whoever came by keyboard or screen reader goes on reading here, not at the top of the menu.
    if (document.activeElement?.closest('nav')) heading.current?.focus();
  }, [props.title]);
  return (
    <>
      <header class="page-head">
        <div>
          <h1 ref={heading} tabIndex={-1}>{props.title}</h1>
          {props.lead && <p class="quiet">{props.lead}</p>}
        </div>
        {props.actions && <div class="actions">{props.actions}</div>}
      </header>
      {props.children}
    </>
  );
}

export function Trouble(props: {error: unknown; retry?: () => void}) {
  const problem = props.error instanceof Problem ? props.error : undefined;
  const text = props.error instanceof Error ? props.error.message : String(props.error);
  return (
    <div class="note bad" role="alert">
      <strong>{problem?.title ?? 'Something went wrong'}</strong>
      <span>{text}</span>
      {props.retry && <button type="button" onClick={props.retry}>Try again</button>}
    </div>
  );
}

export function Empty(props: {title: string; children?: ComponentChildren}) {
  return (
    <div class="empty">
      <svg viewBox="0 0 48 24" aria-hidden="true"><path d="M2 6c12 0 10 12 22 12S34 6 46 6" /></svg>
      <strong>{props.title}</strong>
      {props.children && <p class="quiet">{props.children}</p>}
    </div>
  );
}

export const Waiting = () => <p class="quiet" role="status">Loading …</p>;

export function TypeTag(props: {name?: string}) {
  return <span class="tag" data-type={props.name}>{props.name ?? '–'}</span>;
}

const kStateTones: Record<string, string> = {
  indexed: 'good', done: 'good', ready: 'good', balanced: 'good', 'not balanced': 'bad', 'dead-lettered': 'bad', open: 'bad', failed: 'bad',
  'not ready': 'bad', 'in-flight': 'warn', refused: 'warn',
};
export function StateTag(props: {state: string}) {
  return <span class={`state ${kStateTones[props.state] ?? 'plain'}`}>{props.state}</span>;
}

export function Time(props: {at?: string}) {
  return <time dateTime={props.at} title={props.at}>{time(props.at)}</time>;
}

export function Copy(props: {text: string; label?: string}) {
  const [said, setSaid] = useState('');
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(props.text);
      setSaid('Copied');
    } catch {
      setSaid(copyOldWay(props.text) ? 'Copied' : 'Not copied');
    }
    setTimeout(() => setSaid(''), 1500);
  };
  return (
    <button type="button" class="small" onClick={() => void copy()}>
      <span aria-live="polite">{said || (props.label ?? 'Copy')}</span>
    </button>
  );
}

/** Where the clipboard's own interface is missing: pages that are neither https nor localhost. */
function copyOldWay(text: string): boolean {
  const area = document.createElement('textarea');
  area.value = text;
  area.className = 'hidden';
  document.body.append(area);
  area.select();
  const done = document.execCommand('copy');
  area.remove();
  return done;
}
