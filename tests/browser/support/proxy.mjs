// Stands between the browser and a system, and answers some paths itself: what is down in a test.
import http from 'node:http';

export class Proxy {
  static async start(target) {
    const proxy = new Proxy();
    proxy.target = target;
    proxy.overrides = new Map();
    proxy.open = new Set();
    proxy.server = http.createServer((request, response) => proxy.serve(request, response));
    await new Promise((resolve) => proxy.server.listen(0, '127.0.0.1', resolve));
    proxy.url = `http://127.0.0.1:${proxy.server.address().port}`;
    return proxy;
  }

  serve(request, response) {
    const override = this.overrides.get(request.url.split('?')[0]);
    this.open.add(response);
    response.on('close', () => this.open.delete(response));
    if (override) return override(response);
    const onward = http.request(this.target + request.url, {method: request.method, headers: request.headers}, (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    response.on('close', () => onward.destroy());
    return request.pipe(onward);
  }

  /** Answers `path` with a problem. */
  fail(path, detail) {
    this.overrides.set(path, (response) => {
      response.writeHead(503, {'Content-Type': 'application/problem+json'});
      response.end(JSON.stringify({title: 'Unavailable', status: 503, detail}));
    });
  }

  /** Answers `path` with a stream that says `line` once a second. */
  stream(path, line) {
    this.overrides.set(path, (response) => {
      response.writeHead(200, {'Content-Type': 'application/x-ndjson'});
      const say = () => response.write(`${JSON.stringify(line())}\n`);
      say();
      const timer = setInterval(say, 1000);
      response.on('close', () => clearInterval(timer));
    });
    this.cut();
  }

  /** Everything goes through again. */
  restore() {
    this.overrides.clear();
    this.cut();
  }

  cut() { this.open.forEach((response) => response.destroy()); }

  stop() {
    this.cut();
    this.server.close();
  }
}
