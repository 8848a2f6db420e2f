import {useEffect, useRef, useState} from 'preact/hooks';
import {About, callText, headers, parseJson, Problem, problemOf, unreachable} from '../api';
import {Empty, Page, StateTag, Trouble, Waiting} from '../parts/basics';
import {JsonView} from '../parts/json';
import {bytes, count} from '../format';
import {link} from '../router';

interface Stored { key: string; version: string; report: string }
interface Report { status?: string; detail?: string; reason?: string; read?: number; accepted?: number; rejected?: number; parts?: string[]; [name: string]: unknown }
interface Job {
  number: number; file: File; key: string; sent: number;
  state: 'sending' | 'importing' | 'done' | 'failed';
  error?: unknown; report?: Report; rejects?: string;
}

const kPollMs = 500;
const kMaxRejectsShown = 20;
const path = (key: string) => `/bucket/${key.split('/').map(encodeURIComponent).join('/')}`;

/** fetch cannot tell how much was sent; this can. */
function put(job: Job, onProgress: (sent: number) => void): Promise<Stored> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('PUT', path(job.key));
    for (const [name, value] of Object.entries(headers())) request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => onProgress(event.loaded);
    request.onerror = () => reject(unreachable());
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) resolve(parseJson(request.responseText) as Stored);
      else reject(problemOf(request.status, request.responseText));
    };
    request.send(job.file);
  });
}

async function found(key: string): Promise<string | undefined> {
  try {
    return await callText(path(key));
  } catch (error) {
    // Not there yet, or the system is busy restarting: ask again.
    if (error instanceof Problem && (error.status === 404 || error.status === 0 || error.status >= 500)) return undefined;
    throw error;
  }
}

async function reportOf(stored: Stored, isGone: () => boolean): Promise<Report> {
  const failed = stored.report.replace(/^reports\//, 'failed/');
  while (!isGone()) {
    for (const key of [stored.report, failed]) {
      const text = await found(key);
      if (text !== undefined) return parseJson(text) as Report;
    }
    await new Promise((resolve) => setTimeout(resolve, kPollMs));
  }
  throw new Error('The page was left.');
}

async function rejectsOf(report: Report): Promise<string | undefined> {
  const first = report.parts?.[0];
  const text = first ? await found(first) : undefined;
  return text?.split('\n').slice(0, kMaxRejectsShown).join('\n');
}

function JobView(props: {job: Job}) {
  const {job} = props;
  const share = job.file.size ? job.sent / job.file.size : 1;
  const report = job.report;
  return (
    <article class="panel" aria-label={`Upload of ${job.key}`}>
      <h2><StateTag state={job.state} /> <span class="mono">{job.key}</span> <span class="quiet">{bytes(job.file.size)}</span></h2>
      {job.state === 'sending' && <><progress max={1} value={share} aria-label={`Sending ${job.key}`} /> <span class="quiet">{Math.round(share * 100)} %</span></>}
      {job.state === 'importing' && <p role="status">Stored; its items are being sent through the pipeline …</p>}
      {job.error !== undefined && <Trouble error={job.error} />}
      {report && (
        <>
          <div role="status"><dl class="tiles">
            <div class="tile"><dt>Read</dt><dd><b>{count(report.read)}</b></dd></div>
            <div class="tile"><dt>Accepted</dt><dd><b>{count(report.accepted)}</b></dd></div>
            <div class={`tile ${report.rejected ? 'bad' : ''}`}><dt>Rejected</dt><dd><b>{count(report.rejected)}</b></dd></div>
          </dl></div>
          {report.status !== 'complete' && <p class="note bad"><strong>{report.status ?? 'failed'}</strong> <span>{report.detail ?? report.reason}</span></p>}
          {job.rejects && <><h3>Rejected items <span class="quiet">the first {kMaxRejectsShown}</span></h3><JsonView value={null} raw={job.rejects} label="Rejected items" /></>}
          <details><summary>The whole report</summary><JsonView value={report} label="Report" /></details>
        </>
      )}
    </article>
  );
}

export function UploadPage(props: {about?: About}) {
  const [jobs, setJobs] = useState<Job[]>([]);
  const [prefix, setPrefix] = useState('');
  const [isOver, setOver] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const next = useRef(1);
  const gone = useRef(false);
  useEffect(() => () => { gone.current = true; }, []);
  const change = (number: number, values: Partial<Job>) =>
    setJobs((all) => all.map((job) => (job.number === number ? {...job, ...values} : job)));

  const run = async (job: Job) => {
    try {
      const stored = await put(job, (sent) => change(job.number, {sent}));
      change(job.number, {state: 'importing', sent: job.file.size});
      const report = await reportOf(stored, () => gone.current);
      const rejects = await rejectsOf(report);
      change(job.number, {state: report.status === 'complete' ? 'done' : 'failed', report, rejects});
    } catch (error) {
      if (!gone.current) change(job.number, {state: 'failed', error});
    }
  };
  const add = (files: FileList | null | undefined) => {
    for (const file of files ?? []) {
      const job: Job = {number: next.current++, file, key: prefix + file.name, sent: 0, state: 'sending'};
      setJobs((all) => [job, ...all]);
      void run(job);
    }
  };
  if (!props.about) return <Page title="Upload"><Waiting /></Page>;
  if (!props.about.takes_files) {
    return (
      <Page title="Upload">
        <Empty title="There is no object store here">
          Files go to the bucket that triggers the S3 function: put them there with your cloud’s own tools.
          <code>tributary up</code> has a bucket of its own, and takes files on this page.
        </Empty>
      </Page>
    );
  }
  return (
    <Page title="Upload" lead={<>A JSON array or one JSON object a line, plain or .gz; the file’s name says the type: orders.json, <span class="whole">2026-11_suppliers.ndjson.gz.</span></>}>
      <div class={`drop ${isOver ? 'over' : ''}`} onDragOver={(event) => { event.preventDefault(); setOver(true); }}
        onDragLeave={() => setOver(false)} onDrop={(event) => { event.preventDefault(); setOver(false); add(event.dataTransfer?.files); }}>
        <p><strong>Drop files here</strong> <span class="quiet">or</span></p>
        <button type="button" class="primary" onClick={() => input.current?.click()}>Choose files</button>
        <input ref={input} type="file" multiple class="hidden" tabIndex={-1} aria-label="Files to upload"
          onChange={(event) => { const field = event.target as HTMLInputElement; add(field.files); field.value = ''; }} />
        <label class="narrow">Folder <span class="quiet">in front of the name, may be empty</span>
          <input value={prefix} placeholder="orders/" spellcheck={false} autocomplete="off" onInput={(event) => setPrefix((event.target as HTMLInputElement).value)} /></label>
      </div>
      {jobs.map((job) => <JobView key={job.number} job={job} />)}
      {jobs.some((job) => job.state === 'done') && <p><a href={link('events')}>Look at the events</a></p>}
    </Page>
  );
}
