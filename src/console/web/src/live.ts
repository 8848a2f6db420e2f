// One stream for all tabs: the tab that holds the lock reads /api/live and tells the others.
import {useEffect, useState} from 'preact/hooks';
import {headers, Part, Problem, problemOf, token, unreachable} from './api';

export interface Health { ok: boolean; detail?: string; version?: string }
export interface Latency { p50: number; p95: number; p99: number; of: number }
export interface TypeCounts {
  type: string; accepted?: number; indexed?: number; duplicates?: number; dead_lettered?: number;
  lag?: number; latency_ms: Latency | null;
}
export interface Sample { at: string; log: Health; index: Health; types: TypeCounts[]; parts: Part[] }
export interface Live { samples: Sample[]; connected: boolean; trouble: string }

type Message = {kind: 'ask'} | {kind: 'all'; live: Live} | {kind: 'sample'; sample: Sample}
  | {kind: 'trouble'; trouble: string};

const kMaxSamples = 300;
const kRetryMs = 1000;
let live: Live = {samples: [], connected: false, trouble: ''};
let isLeader = false;
const watchers = new Set<(value: Live) => void>();
const channel = 'BroadcastChannel' in window ? new BroadcastChannel('tributary-live') : undefined;

function publish(next: Live) {
  live = next;
  watchers.forEach((watch) => watch(live));
}

function addSample(sample: Sample) {
  const known = live.samples.filter((one) => one.at < sample.at);
  publish({samples: [...known, sample].slice(-kMaxSamples), connected: true, trouble: ''});
}

function lose(trouble: string) {
  publish({...live, connected: false, trouble});
}

function hear(message: Message) {
  if (message.kind === 'ask' && isLeader) channel?.postMessage({kind: 'all', live});
  if (message.kind === 'all' && !isLeader) publish(message.live);
  if (message.kind === 'sample') addSample(message.sample);
  if (message.kind === 'trouble') lose(message.trouble);
}

/** Reads the stream until it ends. */
async function readStream() {
  let response: Response;
  try {
    response = await fetch('/api/live', {headers: headers()});
  } catch {
    throw unreachable();
  }
  if (!response.ok || !response.body) throw problemOf(response.status, await response.text());
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const {done, value} = await reader.read().catch(() => { throw unreachable(); });
    if (done) throw unreachable();
    const lines = (rest + value).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const sample = JSON.parse(line) as Sample;
      addSample(sample);
      channel?.postMessage({kind: 'sample', sample} satisfies Message);
    }
  }
}

async function lead(): Promise<never> {
  isLeader = true;
  for (;;) {
    try {
      await readStream();
    } catch (error) {
      const trouble = error instanceof Problem ? error.message : String(error);
      lose(trouble);
      channel?.postMessage({kind: 'trouble', trouble} satisfies Message);
      const refused = error instanceof Problem && error.status === 401;
      if (refused) await tokenChange();
      else await new Promise((resolve) => setTimeout(resolve, kRetryMs));
    }
  }
}

let tokenChanged: (() => void) | undefined;
function tokenChange() {
  return new Promise<void>((resolve) => { tokenChanged = resolve; });
}
export function useToken(value: string) {
  token.set(value);
  tokenChanged?.();
}
addEventListener('storage', () => tokenChanged?.());

export function startLive() {
  // Locks are there in secure contexts only (https, localhost); elsewhere every tab reads for itself.
  if (!channel || !navigator.locks) {
    void lead();
    return;
  }
  channel.onmessage = (event: MessageEvent<Message>) => hear(event.data);
  channel.postMessage({kind: 'ask'} satisfies Message);
  void navigator.locks.request('tributary-live', lead);
}

export function useLive(): Live {
  const [value, setValue] = useState(live);
  useEffect(() => {
    watchers.add(setValue);
    setValue(live);
    return () => { watchers.delete(setValue); };
  }, []);
  return value;
}

/** Events a second of one count between the last two samples. */
export function rateOf(samples: Sample[], type: string, count: 'accepted' | 'indexed'): number | null {
  if (samples.length < 2) return null;
  return rateBetween(samples[Math.max(0, samples.length - 4)]!, samples[samples.length - 1]!, type, count);
}

export function rateBetween(from: Sample, to: Sample, type: string,
                            count: 'accepted' | 'indexed'): number | null {
  const before = from.types.find((one) => one.type === type)?.[count];
  const after = to.types.find((one) => one.type === type)?.[count];
  const seconds = (Date.parse(to.at) - Date.parse(from.at)) / 1000;
  if (before === undefined || after === undefined || seconds <= 0) return null;
  // Counted anew, after the log was made anew say: no rate, rather than a negative one.
  return after < before ? null : (after - before) / seconds;
}
