// The services and the console over a real Kafka and a real Elasticsearch (tests/support/stage.py).
import {spawn} from 'node:child_process';
import {mkdtempSync, openSync, readFileSync, rmSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import {fileURLToPath} from 'node:url';
import {Client} from './system.mjs';

const kStage = fileURLToPath(new URL('../../support/stage.py', import.meta.url));
const kDeadline = 600_000;  // What the servers themselves get on a busy machine.

export class RealSystem extends Client {
  static async start() {
    const system = new RealSystem();
    system.folder = mkdtempSync(path.join(os.tmpdir(), 'tributary-browser-'));
    const log = openSync(path.join(system.folder, 'log'), 'a');
    system.process = spawn('/usr/bin/python3', [kStage, system.folder], {stdio: ['pipe', 'pipe', log]});
    system.ended = new Promise((resolve) => system.process.once('exit', resolve));
    system.lines = readline.createInterface({input: system.process.stdout})[Symbol.asyncIterator]();
    try {
      Object.assign(system, await system.answer());
    } catch (error) {
      await system.stop();
      throw error;
    }
    return system;
  }

  async answer() {
    let timer;
    const late = new Promise((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`The servers gave no answer within ${kDeadline / 1000} s`)), kDeadline);
    });
    const {value, done} = await Promise.race([this.lines.next(), late]).finally(() => clearTimeout(timer));
    if (done) throw new Error(`The servers ended:\n${readFileSync(path.join(this.folder, 'log'), 'utf8').slice(-3000)}`);
    return JSON.parse(value);
  }

  /** `kill index`, `start index`; the same of `broker`. */
  async tell(words) {
    this.process.stdin.write(`${words}\n`);
    return this.answer();
  }

  /** Elasticsearch itself, past our own programs. */
  async askIndex(method, target) {
    const response = await fetch(this.elasticsearch + target, {method});
    if (!response.ok) throw new Error(`${method} ${target}: ${response.status} ${await response.text()}`);
    return response.json();
  }

  async stop() {
    this.process.stdin.end();
    await this.ended;
    rmSync(this.folder, {recursive: true, force: true});
  }
}
