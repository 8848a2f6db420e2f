// JSON to read: indented, coloured, and copied as it is shown. Text nodes only, never markup.
import {ComponentChildren} from 'preact';
import {ExactNumber} from '../api';
import {Copy} from './basics';

const kMaxShown = 200_000;

export function pretty(value: unknown, indent = ''): string {
  if (value instanceof ExactNumber) return value.source;
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    if (!value.length) return '[]';
    return `[\n${value.map((one) => inner + pretty(one, inner)).join(',\n')}\n${indent}]`;
  }
  const members = Object.entries(value);
  if (!members.length) return '{}';
  const lines = members.map(([name, one]) => `${inner}${JSON.stringify(name)}: ${pretty(one, inner)}`);
  return `{\n${lines.join(',\n')}\n${indent}}`;
}

const kToken = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(?:true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

function coloured(text: string): ComponentChildren[] {
  const out: ComponentChildren[] = [];
  let last = 0;
  for (const match of text.matchAll(kToken)) {
    out.push(text.slice(last, match.index));
    const kind = match[2] ? 'name' : match[1] ? 'string' : 'value';
    out.push(<span class={`json-${kind}`}>{match[1] ?? match[0]}</span>, match[2] ?? '');
    last = match.index + match[0].length;
  }
  out.push(text.slice(last));
  return out;
}

export function JsonView(props: {value: unknown; label: string; raw?: string}) {
  const text = props.raw ?? pretty(props.value);
  const shown = text.length > kMaxShown ? `${text.slice(0, kMaxShown)}\n… (copy it to see the rest)` : text;
  return (
    <div class="json">
      <Copy text={text} label="Copy JSON" />
      <pre tabIndex={0} role="region" aria-label={props.label}>
        {shown.length > 20_000 ? shown : coloured(shown)}
      </pre>
    </div>
  );
}
