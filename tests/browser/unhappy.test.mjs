// What goes wrong, as people see it: nothing there, too much there, hostile input, parts that are down.
import assert from 'node:assert/strict';
import http from 'node:http';
import {after, before, test} from 'node:test';
import {assertAccessible, assertFits, heading, kPages, launch, withPages} from './support/browser.mjs';
import {Proxy} from './support/proxy.mjs';
import {System, waitFor} from './support/system.mjs';

let browser;
before(async () => { browser = await launch(); });
after(async () => { await browser?.close(); });

/** A test with a system of its own. */
const run = (name, settings, use) => test(name, async () => {
  const system = await System.start(settings);
  try {
    await withPages(browser, {}, (open, context) => use(system, open, context));
  } finally {
    await system.stop();
  }
});

run('an empty system says so on every page', {}, async (system, open) => {
  const page = await open(`${system.url}/#/events`);
  await page.getByText('No event has been indexed yet').waitFor();
  await page.goto(`${system.url}/#/letters`);
  await page.getByText('No open dead letters').waitFor();
  await page.goto(`${system.url}/#/event`);
  await page.getByText('Which event?').waitFor();
  for (const [name, address] of kPages) {
    await page.goto(`${system.url}/${address}`);
    await heading(page, name);
    await assertAccessible(page, name);
  }
});

/** An id that was used for something else is a dead letter. */
async function makeLetters(system, count) {
  for (let i = 0; i < count; i += 1) {
    await system.send({type: 'order', data: {id: i, total: 1}}, {'Idempotency-Key': `reused-${i}`});
    await system.send({type: 'order', data: {id: i, total: 2}}, {'Idempotency-Key': `reused-${i}`});
  }
  await system.settled();
  await waitFor(async () => (await system.get('/api/dead-letters?state=open')).total === count, 'the letters');
}

run('dead letters are inspected, redriven and dropped after a question', {}, async (system, open) => {
  await makeLetters(system, 3);
  const page = await open(`${system.url}/#/letters`);
  const rows = page.locator('table.letters tbody tr:not(.open)');
  await page.getByText('1–3 of 3').waitFor();
  await assertAccessible(page, 'dead letters');
  await rows.first().getByRole('button', {name: /^Inspect/}).click();
  await page.getByText('dlq-reason').waitFor();
  await page.getByRole('region', {name: /^Value of/}).getByText('"total": 2').waitFor();
  await assertAccessible(page, 'an inspected letter');

  await rows.first().getByRole('button', {name: /^Drop/}).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('Drop 1 dead letter?').waitFor();
  await assertAccessible(page, 'the question');
  await page.keyboard.press('Escape');
  await dialog.waitFor({state: 'detached'});
  assert.equal((await system.get('/api/dead-letters?state=open')).total, 3);
  await rows.first().getByRole('button', {name: /^Drop/}).click();
  await dialog.getByRole('button', {name: 'Drop'}).click();
  await page.getByText('1 done').waitFor();
  await page.getByText('1–2 of 2').waitFor();

  await page.getByRole('button', {name: 'Redrive all 2 found'}).click();
  await dialog.getByText('Redrive 2 dead letters?').waitFor();
  await dialog.getByRole('button', {name: 'Redrive'}).click();
  await page.getByText('2 done').waitFor();
  const actions = await system.get('/api/dead-letters?state=redriven');
  assert.equal(actions.total, 2);
  assert.match(actions.letters[0].action.by, /console at 127.0.0.1/);
});

run('a dead letter whose cause is gone becomes a document when it is redriven', {}, async (system, open) => {
  await makeLetters(system, 1);
  const [letter] = (await system.get('/api/dead-letters?state=open')).letters;
  system.freeId('reused-0');
  const page = await open(`${system.url}/#/letters/${letter.id}`);
  await page.getByRole('region', {name: `Dead letter ${letter.id}`}).getByRole('button', {name: 'Redrive'}).click();
  await page.getByRole('dialog').getByRole('button', {name: 'Redrive'}).click();
  await page.getByText('1 done').waitFor();
  await page.goto(`${system.url}/#/event/reused-0`);
  await page.locator('.timeline li[data-stage="indexed"]').waitFor();
  const [document] = (await system.get('/api/events?id=reused-0&type=order')).events;
  assert.equal(document.data.total, 2);
});

run('Event sees by itself that its dead letter was redriven elsewhere', {}, async (system, open) => {
  await makeLetters(system, 1);
  system.freeId('reused-0');
  const page = await open(`${system.url}/#/event/reused-0`);
  await page.locator('.timeline li[data-stage="dead-lettered"]').waitFor();
  assert.equal(await page.locator('.timeline li[data-stage="indexed"]').count(), 0);
  const answer = await fetch(`${system.url}/api/dead-letters/redrive`, {
    method: 'POST', headers: {'Content-Type': 'application/json', Origin: system.url}, body: '{"filter":{}}'});
  assert.equal(answer.status, 200);
  await page.locator('.timeline li[data-stage="indexed"]').waitFor();
});

run('hostile strings in events are only text', {}, async (system, open) => {
  const evil = ['<script>alert(1)</script>', '<img src=x onerror=alert(2)>', '"><svg onload=alert(3)>',
    'javascript:alert(4)', '</pre><h1>gotcha</h1>', '\u202egnirts', '\u0000\u0007', 'x'.repeat(5000), '{{7*7}}', "';--"];
  const id = '<img/src=x/onerror=alert(5)>';
  const answer = await system.send({type: 'order', data: {id, ...Object.fromEntries(evil.map((text, i) => [`<b>${i}`, text]))}},
    {'Idempotency-Key': id});
  assert.equal(answer.status, 200);
  await system.send({type: 'order', data: {id, again: evil[0]}}, {'Idempotency-Key': id});
  await system.settled();
  const page = await open(`${system.url}/#/events`);
  await page.getByRole('button', {name: `JSON of ${id}`}).click();
  await page.getByRole('region', {name: `JSON of ${id}`}).getByText('alert(1)').first().waitFor();
  await assertFits(page, 'the list');
  await page.getByRole('link', {name: id}).click();
  await page.locator('.timeline').first().waitFor();
  await page.goto(`${system.url}/#/letters`);
  await page.getByRole('button', {name: /^Inspect/}).click();
  await page.getByRole('region', {name: /^Value of/}).getByText('alert(1)').first().waitFor();
  await page.goto(`${system.url}/#/event/${encodeURIComponent('<script>alert(6)</script>')}`);
  await page.getByText('Nothing with this id').waitFor();
  assert.equal(await page.locator('main script, main img').count(), 0);
  assert.equal(await page.locator('h1').count(), 1);
});

run('100,000 events are shown page by page', {}, async (system, open) => {
  for (let batch = 0; batch < 20; batch += 1) {
    await system.sendMany(Array.from({length: 5000}, (_, i) =>
      ({type: 'order', data: {id: batch * 5000 + i, total: i, note: `batch ${batch}`}})));
  }
  await waitFor(async () => (await system.get('/api/events?size=0')).total === 100_000, '100,000 documents', 600_000);
  const page = await open(`${system.url}/#/events`);
  await page.getByText('1–25 of 100,000').waitFor();
  for (let i = 0; i < 3; i += 1) {
    await page.getByRole('button', {name: 'Older'}).click();
    await page.getByText(`${25 * (i + 1) + 1}–${25 * (i + 2)} of 100,000`).waitFor();
  }
  await page.getByLabel('Words').fill('99999');
  await page.keyboard.press('Enter');
  await page.getByText('1–1 of 1').waitFor();
  await page.goto(`${system.url}/#/`);
  await page.getByText('100,000 in all').first().waitFor();
});

run('a part that hangs is named on every page, and its recovery seen', {}, async (system, open) => {
  const page = await open(`${system.url}/#/send`);
  await heading(page, 'Send');
  const [consumer] = system.pids('tributary-consumer');
  process.kill(consumer, 'SIGSTOP');
  try {
    await page.locator('.banner').getByText('consumer is not ready').waitFor();
    await page.goto(`${system.url}/#/status`);
    await page.getByRole('row', {name: /^consumer not ready/}).waitFor();
    await assertAccessible(page, 'a part that is down');
  } finally {
    process.kill(consumer, 'SIGCONT');
  }
  await page.locator('.banner').waitFor({state: 'detached'});
  await page.getByRole('row', {name: /^consumer ready/}).waitFor();
});

run('when nothing answers the page says so and goes on by itself', {}, async (system, open) => {
  const page = await open(`${system.url}/#/`);
  await page.getByRole('row', {name: /^order/}).waitFor();
  await system.end();
  await page.locator('.banner').getByText('does not answer').waitFor();
  await page.goto(`${system.url}/#/events`);
  await page.getByRole('alert').getByText('does not answer').waitFor();
  await system.run();
  await page.getByText('No event has been indexed yet').waitFor();
  await page.locator('.banner').waitFor({state: 'detached'});
});

for (const [what, words] of [['index', 'The document index does not answer'], ['log', 'The event log does not answer']]) {
  run(`with the ${what} down the console says so and recovers by itself`, {}, async (system, open) => {
    // Answers as the console gives them then (console_test and live_test hold it to that).
    const proxy = await Proxy.start(system.url);
    try {
      const detail = `The ${what} is away.`;
      proxy.fail('/api/events', detail);
      proxy.stream('/api/live', () => ({at: new Date().toISOString(), log: {ok: true}, index: {ok: true},
        [what]: {ok: false, detail}, types: [], parts: []}));
      const page = await open(`${proxy.url}/#/events`);
      await page.getByRole('alert').getByText(detail).waitFor();
      await page.locator('.banner').getByText(words).waitFor();
      await assertAccessible(page, 'a search that failed');
      proxy.restore();
      await page.getByText('No event has been indexed yet').waitFor();
      await page.locator('.banner').waitFor({state: 'detached'});
    } finally {
      proxy.stop();
    }
  });
}

/** A page of somebody else, that tries to change something here. */
async function foreignPage(script) {
  const server = http.createServer((_request, response) => {
    response.setHeader('Content-Type', 'text/html');
    response.end(`<!doctype html><title>elsewhere</title><script>${script}</script>`);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {url: `http://localhost:${server.address().port}/`, close: () => server.close()};
}

run('a foreign page can neither send, redrive nor read', {}, async (system, open) => {
  // What needs no preflight: a body without a type, which the Producer takes for JSON.
  const changing = [`${system.url}/events`, `${system.url}/api/dead-letters/drop`, `${system.producer}/produce`];
  const foreign = await foreignPage(`window.tries = (async () => {
    const out = [];
    for (const url of ${JSON.stringify(changing)}) {
      const text = url.endsWith('/drop') ? '{"filter":{}}' : '{"type":"order","data":{"id":1}}';
      for (const how of [{mode: 'no-cors', body: new Blob([text])}, {headers: {'Content-Type': 'application/json'}, body: text}]) {
        try { out.push((await fetch(url, {method: 'POST', ...how})).type); } catch { out.push('refused'); }
      }
    }
    try { out.push(await (await fetch('${system.url}/api/events')).text()); } catch { out.push('refused'); }
    return out;
  })();`);
  try {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(foreign.url);
    const tries = await page.evaluate(() => window.tries);
    assert.deepEqual(tries, ['opaque', 'refused', 'opaque', 'refused', 'opaque', 'refused', 'refused']);
    await context.close();
  } finally {
    foreign.close();
  }
  const own = await open(`${system.url}/#/events`);
  await own.getByText('No event has been indexed yet').waitFor();
  assert.equal((await system.get('/api/ledger')).totals.records, 0);
});

run('no frame and no unknown host shows the console', {}, async (system, open) => {
  const foreign = await foreignPage('');
  const context = await browser.newContext();
  const page = await context.newPage();
  const refused = [];
  page.on('requestfailed', (request) => refused.push(`${request.url()} ${request.failure().errorText}`));
  await page.goto(foreign.url);
  await page.evaluate((url) => { const frame = document.createElement('iframe'); frame.src = url; document.body.append(frame); }, system.url);
  await waitFor(() => refused.length > 0, 'the refusal of the frame');
  assert.deepEqual(refused, [`${system.url}/ net::ERR_BLOCKED_BY_RESPONSE`]);
  await context.close();
  foreign.close();
  const status = await new Promise((resolve, reject) => {
    http.get(system.url, {headers: {Host: 'rebound.example'}}, (response) => { response.resume(); resolve(response.statusCode); }).on('error', reject);
  });
  assert.equal(status, 421);
  await heading(await open(system.url), 'Live');
});

run('with a token the page asks for it, and works with it', {CONSOLE_TOKEN: 'secret'}, async (system, open) => {
  const page = await open(`${system.url}/#/events`);
  const dialog = page.getByRole('dialog');
  await dialog.getByText('This console wants a token').waitFor();
  await assertAccessible(page, 'the question for a token');
  await dialog.getByLabel('Token').fill('secret');
  await dialog.getByRole('button', {name: 'Use it'}).click();
  await page.getByText('No event has been indexed yet').waitFor();
  await page.goto(`${system.url}/#/status`);
  await page.getByRole('row', {name: /^consumer ready/}).waitFor();
  await page.getByRole('button', {name: 'Forget it'}).click();
  await page.reload();
  await dialog.getByText('This console wants a token').waitFor();
});
