// Every call to the server: the token, problems as errors, numbers as they were sent.

export interface Violation { pointer: string; detail: string }

/** What went wrong, in a sentence that a person can act on. */
export class Problem extends Error {
  constructor(readonly status: number, readonly title: string, detail: string,
              readonly violations: Violation[] = [], readonly body: unknown = undefined) {
    super(detail);
  }
}

const kTokenKey = 'tributary-token';
const tokenWanted = new Set<() => void>();

export const token = {
  get: () => localStorage.getItem(kTokenKey) ?? '',
  set(value: string) {
    if (value) localStorage.setItem(kTokenKey, value);
    else localStorage.removeItem(kTokenKey);
  },
  /** Calls back when the server wants a token that it did not get. */
  onWanted(callback: () => void) {
    tokenWanted.add(callback);
    return () => { tokenWanted.delete(callback); };
  },
};

export function headers(more: Record<string, string> = {}): Record<string, string> {
  const value = token.get();
  return value ? {...more, Authorization: `Bearer ${value}`} : more;
}

/** A number that JavaScript cannot hold: shown as it was written. */
export class ExactNumber {
  constructor(readonly source: string) {}
  toString() { return this.source; }
}

type Reviver = (this: unknown, key: string, value: unknown, context?: {source?: string}) => unknown;

/** Keeps numbers that would change in being read, where the browser tells their source. */
export function parseJson(text: string): unknown {
  const revive: Reviver = (_key, value, context) => {
    if (typeof value !== 'number' || !context?.source) return value;
    return String(value) === context.source ? value : new ExactNumber(context.source);
  };
  return JSON.parse(text, revive as (key: string, value: unknown) => unknown);
}

function asObject(text: string): Record<string, unknown> {
  try {
    const value = parseJson(text);
    return value && typeof value === 'object' ? value as Record<string, unknown> : {};
  } catch {
    return {};
  }
}

export function problemOf(status: number, text: string): Problem {
  const body = asObject(text);
  if (status === 401) tokenWanted.forEach((callback) => callback());
  const list = Array.isArray(body.errors) ? body.errors : [];
  const violations = list.map((one: Record<string, unknown>) =>
    ({pointer: String(one.pointer ?? ''), detail: String(one.detail ?? '')}));
  return new Problem(status, String(body.title ?? `Status ${status}`),
    String(body.detail ?? (text.slice(0, 300) || `The server answered ${status}.`)), violations, body);
}

export const unreachable = () =>
  new Problem(0, 'No answer', 'The console’s server does not answer. Is it running, and is the ' +
    'network up? This page tries again by itself.');

/** The text of a 2xx answer; a Problem for everything else. */
export async function callText(path: string, init: RequestInit = {}): Promise<string> {
  let response: Response;
  try {
    response = await fetch(path, {...init, headers: headers(init.headers as Record<string, string>)});
  } catch (error) {
    if ((error as Error).name === 'AbortError') throw error;
    throw unreachable();
  }
  const text = await response.text();
  if (!response.ok) throw problemOf(response.status, text);
  return text;
}

export async function call<T>(path: string, init: RequestInit = {}): Promise<T> {
  return parseJson(await callText(path, init)) as T;
}

export function post<T>(path: string, body: unknown): Promise<T> {
  return call<T>(path, {
    method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify(body),
  });
}

/** `?a=1&b=x%20y` of what is not empty. */
export function query(parameters: Record<string, string | number | undefined>): string {
  const pairs = Object.entries(parameters)
    .filter(([, value]) => value !== undefined && value !== '')
    .map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`);
  return pairs.length ? `?${pairs.join('&')}` : '';
}

// ---- what the server answers

export interface Field { name: string; kind: 'keyword' | 'text' | 'number' | 'date' | 'boolean' }
export interface EntityType { name: string; topic: string; index: string; id_field: string; fields: Field[] }
export interface About { version: string; log: string; index: string; types: EntityType[]; takes_events: boolean; takes_files: boolean }

export interface EventDocument {
  id: string; type: string; source?: string; subject?: string; time?: string; data?: unknown;
  pipeline?: {received_at?: string; latency_ms?: number};
  kafka?: {topic: string; partition: number; offset: number};
  [name: string]: unknown;
}
export interface EventsPage { total: number; events: EventDocument[]; cursor?: string }

export interface Stage { stage: string; time?: string; [name: string]: unknown }
export interface Match {
  state: string; type?: string; source?: string; subject?: string; traceparent?: string;
  index?: string; document_id?: string; latency_ms?: number; stages: Stage[]; document?: unknown;
}
export interface Way { id: string; matches: Match[]; incomplete?: boolean }

export interface LetterAction { state: string; by: string; at: string; topic?: string; partition?: number; offset?: number }
export interface Letter {
  id: string; state: string; topic: string; reason: string; detail: string; status: string;
  event_id: string; key: string; at: string; redrives: number; has_value: boolean; value_bytes: number;
  origin: {topic: string; partition: number; offset: number};
  action?: LetterAction; value?: string; headers?: {name: string; value: string}[];
}
export interface LettersPage { total: number; letters: Letter[] }
export interface Outcome { letter: string; outcome: string; detail?: string }
export interface LetterReport {
  dry_run: boolean; done: number; planned: number; refused: number; failed: number; left: number;
  index_trouble?: string; outcomes: Outcome[];
}
export interface Part { name: string; address?: string; ready: boolean; detail?: string; version?: string }
