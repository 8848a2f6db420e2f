// A whole system from the real binaries, for tests: everything on 127.0.0.1, every wait with a
// deadline, stopped by its own process id.
import {execFileSync, spawn} from 'node:child_process';
import {mkdtempSync, openSync, readdirSync, readFileSync, rmSync} from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';

const kBin = process.env.TRIBUTARY_BIN_DIR ?? path.resolve('build/release/bin');
export const kDeadline = 120_000;

/** The first true value of `condition()`; fails with `what` after the deadline. */
export async function waitFor(condition, what, deadline = kDeadline) {
  const end = Date.now() + deadline;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > end) throw new Error(`${what} did not happen within ${deadline / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

const listen = (port) => new Promise((resolve) => {
  const server = net.createServer();
  server.once('error', () => resolve(undefined));
  server.listen(port, '127.0.0.1', () => resolve(server));
});

/** A port that is free together with the next two; below those that the kernel gives to whoever asks
    for any, which the system itself does while it starts. */
async function freePorts() {
  for (;;) {
    const base = 20_000 + Math.floor(Math.random() * 11_000);
    const servers = await Promise.all([base, base + 1, base + 2].map(listen));
    await Promise.all(servers.map((server) => server && new Promise((done) => server.close(done))));
    if (servers.every(Boolean)) return base;
  }
}

/** What a test asks a running system, however it runs: `url` is its console, `producer` the Producer. */
export class Client {
  get headers() { return {}; }

  async get(target) {
    const response = await fetch(this.url + target, {headers: this.headers});
    return response.json();
  }

  async send(event, headers = {}) {
    const response = await fetch(`${this.url}/events`, {
      method: 'POST', body: JSON.stringify(event),
      headers: {'Content-Type': 'application/json', ...this.headers, ...headers},
    });
    return {status: response.status, body: await response.json()};
  }

  /** Many at once, straight to the Producer. */
  async sendMany(events) {
    const response = await fetch(`${this.producer}/produce`, {
      method: 'POST', headers: {'Content-Type': 'application/x-ndjson'},
      body: events.map((event) => JSON.stringify(event)).join('\n'),
    });
    if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
  }

  settled() {
    return waitFor(async () => (await this.get('/api/ledger')).totals.in_flight === 0, 'an empty flight');
  }
}

export class System extends Client {
  static async start(settings = {}) {
    const system = new System();
    system.settings = settings;
    system.folder = mkdtempSync(path.join(os.tmpdir(), 'tributary-browser-'));
    system.port = await freePorts();
    system.url = `http://127.0.0.1:${system.port}`;
    system.producer = `http://127.0.0.1:${system.port + 1}`;
    try {
      await system.run();
    } catch (error) {
      await system.stop();
      throw error;
    }
    return system;
  }

  get headers() {
    return this.settings.CONSOLE_TOKEN ? {Authorization: `Bearer ${this.settings.CONSOLE_TOKEN}`} : {};
  }

  async run() {
    const {PATH, HOME, TMPDIR} = process.env;
    const log = openSync(path.join(this.folder, 'log'), 'a');
    this.process = spawn(path.join(kBin, 'tributary'), ['up'], {
      stdio: ['ignore', log, log], detached: true,
      env: {PATH, HOME, ...(TMPDIR ? {TMPDIR} : {}), DATA_DIR: path.join(this.folder, 'data'),
        PORT: String(this.port), LOG_FORMAT: 'json', ...this.settings},
    });
    this.ended = new Promise((resolve) => this.process.once('exit', resolve));
    await waitFor(async () => {
      if (this.process.exitCode !== null) throw new Error(this.log().slice(-3000));
      try {
        const urls = [this.url, this.producer, `http://127.0.0.1:${this.port + 2}`];
        const answers = await Promise.all(urls.map((url) => fetch(`${url}/ready`)));
        return answers.every((answer) => answer.status === 200);
      } catch {
        return false;
      }
    }, 'the system’s readiness');
  }

  log() { return readFileSync(path.join(this.folder, 'log'), 'utf8'); }

  /** The process ids of one of its programs, by the end of their path. */
  pids(program) {
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).filter((pid) => {
      try {
        const parent = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')[1];
        const name = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[0];
        return Number(parent) === this.process.pid && name.endsWith(program);
      } catch {
        return false;
      }
    }).map(Number);
  }

  async end() {
    if (this.process.exitCode === null) this.process.kill('SIGTERM');
    await this.ended;
  }

  async stop() {
    await this.end();
    rmSync(this.folder, {recursive: true, force: true});
  }

  /** Moves the document of an event out of the way, as if it had been deleted: its id is free then. */
  freeId(id) {
    execFileSync('/usr/bin/python3', ['-c', `
import sqlite3, sys
index = sqlite3.connect(sys.argv[1], timeout=30)
for number, in index.execute("SELECT number FROM indices WHERE name <> 'dead-letters-index'").fetchall():
    index.execute(f"UPDATE entries_{number} SET id = 'away', event_id = 'away' WHERE id = ?", (sys.argv[2],))
index.commit()
`, path.join(this.folder, 'data/index.db'), id]);
  }
}
