// Every page of the console, over a running system, in a real browser.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {assertAccessible, assertFits, heading, kPages, launch, withPages} from './support/browser.mjs';
import {System, waitFor} from './support/system.mjs';

let system;
let browser;
before(async () => {
  browser = await launch();
  system = await System.start();
  for (let i = 0; i < 60; i += 1) {
    await system.send({type: 'order', data: {id: 10_000 + i, total: i * 1.5, status: i % 2 ? 'open' : 'paid'}},
      {'Idempotency-Key': `order-${i}`});
  }
  await system.send({type: 'product', data: {id: 'P-1', name: 'Espresso machine', price: 349}}, {'Idempotency-Key': 'product-1'});
  await system.settled();
});
after(async () => {
  await browser?.close();
  await system?.stop();
});

const run = (name, options, use) => test(name, () => withPages(browser, options, use));

for (const [colorScheme, width, look] of [['light', 1280, 'light, desktop'], ['dark', 1280, 'dark, desktop'],
  ['light', 390, 'light, phone'], ['dark', 390, 'dark, phone']]) {
  run(`every page is accessible and fits: ${look}`, {colorScheme, viewport: {width, height: 800}}, async (open) => {
    const page = await open(system.url);
    for (const [name, address] of [...kPages, ['Event', '#/event/order-3']]) {
      await page.goto(`${system.url}/${address}`);
      await heading(page, name);
      await page.getByText('Loading …').waitFor({state: 'detached'});
      await assertFits(page, name);
      const [left, right] = await page.locator('.menu [aria-current]').evaluate((item) => {
        const box = item.getBoundingClientRect();
        return [box.left, box.right];
      });
      assert.ok(left >= 0 && right < width + 1, `${name} in the menu, ${look}: from ${left} to ${right}`);
      await assertAccessible(page, `${name}, ${look}`);
    }
  });
}

run('the first load is under 150 kB compressed', {}, async (open) => {
  const page = await open();
  const sizes = [];
  page.on('response', (response) => {
    if (response.url().includes('/api/')) return;
    sizes.push(response.request().sizes().then((one) => one.responseBodySize));
  });
  await page.goto(system.url);
  await heading(page, 'Live');
  const files = await Promise.all(sizes);
  const total = files.reduce((sum, one) => sum + one, 0);
  assert.equal(files.length, 3);
  assert.ok(total > 10_000 && total < 150_000, `${total} bytes`);
});

run('the menu works by keyboard alone', {}, async (open) => {
  const page = await open(system.url);
  await heading(page, 'Live');
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'To the content');
  for (let i = 0; i < 3; i += 1) await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Events');
  await page.keyboard.press('Enter');
  await heading(page, 'Events');
  await page.waitForFunction(() => document.activeElement?.tagName === 'H1');
});

run('Live shows what is sent while one looks', {}, async (open) => {
  const page = await open(system.url);
  const row = page.getByRole('row', {name: /^supplier/});
  await row.waitFor();
  const before = (await system.get('/api/events?type=supplier&size=0')).total;
  for (let i = 0; i < 5; i += 1) await system.send({type: 'supplier', data: {id: `S-${i}`}});
  await page.waitForFunction((wanted) => {
    const cells = [...document.querySelectorAll('tbody tr')].find((one) => one.textContent.startsWith('supplier'))?.children;
    return cells && Number(cells[3].textContent) >= wanted;
  }, before + 5);
  await page.waitForFunction(() => document.querySelector('.chart canvas')?.width > 100);
});

run('all tabs share one stream, and the next takes over', {}, async (open, context) => {
  let streams = 0;
  context.on('request', (request) => { if (request.url().endsWith('/api/live')) streams += 1; });
  const first = await open(system.url);
  await first.getByRole('row', {name: /^order/}).waitFor();
  const second = await open(system.url);
  await second.getByRole('row', {name: /^order/}).waitFor();
  assert.equal(streams, 1);
  await first.close();
  await waitFor(() => streams === 2, 'the second tab’s own stream');
  const seen = () => second.evaluate(() => document.querySelectorAll('.banner').length);
  await waitFor(async () => await seen() === 0, 'the end of the banner');
});

run('an impatient second click turns no page that has not come', {}, async (open) => {
  const page = await open(`${system.url}/#/events?type=order`);
  const pager = page.locator('.pager span');
  const first = () => page.locator('table.events tbody tr .id').first().textContent();
  await pager.getByText('1–25 of 60').waitFor();
  const newest = await first();
  const held = [];
  await page.route(/api\/events\?.*cursor=/, (route) => { held.push(route); });
  const older = page.getByRole('button', {name: 'Older'});
  await older.click();
  await waitFor(() => held.length === 1, 'the question for the second page');
  await older.click();
  assert.equal(await pager.textContent(), '1–25 of 60');
  assert.equal(await first(), newest);
  await held[0].fulfill({status: 503, contentType: 'application/problem+json', body: '{"title":"Down","detail":"Not now."}'});
  await page.getByText('Not now.').waitFor();
  await older.click();
  await waitFor(() => held.length === 2, 'the same question, again by itself');
  assert.equal(held[1].request().url(), held[0].request().url());
  await held[1].continue();
  await pager.getByText('26–50 of 60').waitFor();
  assert.notEqual(await first(), newest);
  assert.equal(held.length, 2);
});

run('Events are searched, filtered by type and time, and paged', {}, async (open) => {
  const page = await open(`${system.url}/#/events`);
  const rows = page.locator('table.events tbody tr');
  const total = page.locator('.pager span');
  await page.getByLabel('Type').selectOption('order');
  await total.getByText('1–25 of 60').waitFor();
  await page.getByRole('button', {name: 'Older'}).click();
  await total.getByText('26–50 of 60').waitFor();
  await page.getByRole('button', {name: 'Older'}).click();
  await total.getByText('51–60 of 60').waitFor();
  assert.ok(await page.getByRole('button', {name: 'Older'}).isDisabled());
  await page.getByRole('button', {name: 'Newer'}).click();
  await total.getByText('26–50 of 60').waitFor();

  await page.getByLabel('Words').fill('10007 paid');
  await page.getByRole('button', {name: 'Search'}).click();
  await page.getByText('Nothing found').waitFor();
  await page.getByLabel('Words').fill('10007');
  await page.keyboard.press('Enter');
  await total.getByText('1–1 of 1').waitFor();
  assert.match(await rows.first().textContent(), /order-7/);
  assert.match(page.url(), /type=order/);

  await page.getByRole('button', {name: 'Clear'}).click();
  await total.getByText(/of 6\d/).waitFor();
  await page.getByLabel('Received from').fill('2099-01-01T00:00');
  await page.getByRole('button', {name: 'Search'}).click();
  await page.getByText('Nothing found').waitFor();
});

run('what is typed right behind a click on Clear is kept, and Clear empties what was not searched', {}, async (open) => {
  const page = await open(`${system.url}/#/events?q=10007&type=order`);
  await page.locator('.pager span').getByText('1–1 of 1').waitFor();
  const words = page.getByLabel('Words');
  // Within one task of the browser, as somebody quick and a slow machine would have it.
  const type = (text) => words.evaluate((input, value) => {
    input.value = value;
    input.dispatchEvent(new Event('input', {bubbles: true}));
  }, text);
  await page.evaluate(() => {
    addEventListener('hashchange', () => queueMicrotask(() => queueMicrotask(() => {
      const input = document.querySelector('input[type="search"]');
      input.value = 'typed at once';
      input.dispatchEvent(new Event('input', {bubbles: true}));
    })), {once: true});
  });
  await page.getByRole('button', {name: 'Clear'}).click();
  await page.locator('.pager span').getByText(/of 6\d/).waitFor();
  assert.equal(await words.inputValue(), 'typed at once');
  await type('another');
  await page.getByRole('button', {name: 'Clear'}).click();
  await page.waitForFunction(() => document.querySelector('input[type="search"]').value === '');
});

run('an event’s JSON is shown and copied as it is', {permissions: ['clipboard-read', 'clipboard-write']}, async (open) => {
  const page = await open(`${system.url}/#/events?id=order-5`);
  await page.getByRole('button', {name: 'JSON of order-5'}).click();
  await page.getByRole('button', {name: 'Copy JSON'}).click();
  await page.getByText('Copied').waitFor();
  const copied = JSON.parse(await page.evaluate(() => navigator.clipboard.readText()));
  const [stored] = (await system.get('/api/events?id=order-5')).events;
  assert.deepEqual(copied, stored);
});

run('a number that JavaScript cannot hold is shown as it was sent', {}, async (open) => {
  const body = '{"type":"order","data":{"id":"exact","total":12345678901234567890.5}}';
  const answer = await fetch(`${system.url}/events`, {method: 'POST', body,
    headers: {'Content-Type': 'application/json', 'Idempotency-Key': 'exact'}});
  assert.equal(answer.status, 200);
  const page = await open(`${system.url}/#/event/exact`);
  await page.getByText('12345678901234567890.5').first().waitFor();
});

run('Event tells its way with places and gaps', {}, async (open) => {
  const page = await open(`${system.url}/#/event/order-3`);
  const stages = page.locator('.timeline li strong');
  await page.locator('.timeline li[data-stage="indexed"]').waitFor();
  assert.deepEqual(await stages.allTextContents(), ['received', 'published', 'indexed']);
  assert.match(await page.locator('.timeline').textContent(), /\+[\d.]+ m?s.*orders\/0 at offset \d+/);
  await page.getByLabel('Event id').fill('nobody');
  await page.getByRole('button', {name: 'Find'}).click();
  await page.getByText('Nothing with this id').waitFor();
  // Found by itself, as soon as there is something to find.
  await system.send({type: 'order', data: {id: 1}}, {'Idempotency-Key': 'nobody'});
  await page.locator('.timeline li[data-stage="indexed"]').waitFor();
});

run('Event tells the trace that its client began', {}, async (open) => {
  const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
  await system.send({type: 'order', data: {id: 1}},
    {'Idempotency-Key': 'traced', traceparent: `00-${trace}-00f067aa0ba902b7-01`});
  const page = await open(`${system.url}/#/event/traced`);
  await page.locator('dd').filter({hasText: trace}).waitFor();
  const {matches} = await system.get('/api/events/traced');
  assert.equal(matches[0].traceparent.split('-')[1], trace);
});

run('Send accepts an example of every type and leads to the event', {}, async (open) => {
  const page = await open(`${system.url}/#/send`);
  for (const type of ['product', 'order', 'supplier']) {
    await page.getByRole('button', {name: type, exact: true}).click();
    await page.getByRole('button', {name: `Send ${type}`}).click();
    await page.getByText('Accepted').waitFor();
    await page.getByRole('link', {name: 'Where is it now?'}).click();
    await page.locator('.timeline li[data-stage="indexed"]').waitFor();
    await page.goto(`${system.url}/#/send`);
  }
});

run('Send says what is wrong at the field', {}, async (open) => {
  const page = await open(`${system.url}/#/send`);
  await page.getByRole('button', {name: 'order', exact: true}).click();
  const total = page.getByLabel(/^total/);
  await total.fill('a lot');
  await page.getByRole('button', {name: 'Send order'}).click();
  assert.equal(await total.getAttribute('aria-invalid'), 'true');
  const described = await total.getAttribute('aria-describedby');
  assert.match(await page.locator(`#${described}`).textContent(), /is not a number/);
  await page.waitForFunction(() => document.activeElement?.id === 'field-total');
  await page.getByRole('button', {name: 'JSON', exact: true}).click();
  await page.getByLabel(/^Data/).fill('{"id": }');
  await page.getByRole('button', {name: 'Send order'}).click();
  await page.getByText(/This is no JSON/).waitFor();
  // What the Producer refuses: an id of the entity that is an object.
  await page.getByLabel(/^Data/).fill('{"id": {}}');
  await page.getByRole('button', {name: 'Send order'}).click();
  await page.locator('#json-error').getByText('/data/id').waitFor();
});

run('Upload takes a file, shows progress, report and rejects', {}, async (open) => {
  const page = await open(`${system.url}/#/upload`);
  await heading(page, 'Upload');
  await page.locator('input[type=file]').setInputFiles({
    name: 'orders.json', mimeType: 'application/json',
    buffer: Buffer.from('[{"id":1,"total":2},42,{"id":2,"total":3}]'),
  });
  const report = page.getByRole('article', {name: 'Upload of orders.json'});
  await report.locator('.state').getByText('done').waitFor();
  assert.match(await report.textContent(), /Read3Accepted2Rejected1/);
  await report.getByText('Rejected items').waitFor();
  await page.locator('input[type=file]').setInputFiles({
    name: 'unknown.json', mimeType: 'application/json', buffer: Buffer.from('[{"id":1}]')});
  const refused = page.getByRole('article', {name: 'Upload of unknown.json'});
  await refused.locator('.state').getByText('failed').waitFor();
  await refused.locator('.note').getByText(/names a type/).waitFor();
});

run('Status names every part and the ledger', {}, async (open) => {
  const page = await open(`${system.url}/#/status`);
  for (const part of ['event log', 'document index', 'producer', 'consumer', 'lambda_api', 'lambda_s3']) {
    await page.getByRole('row', {name: new RegExp(`^${part} ready`)}).waitFor();
  }
  await page.getByText('balanced', {exact: true}).waitFor();
});

run('the colours can be chosen and are remembered', {colorScheme: 'light'}, async (open) => {
  const page = await open(system.url);
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await ground();
  await page.getByRole('button', {name: 'Colours: auto. Change'}).click();
  await page.getByRole('button', {name: 'Colours: light. Change'}).click();
  assert.notEqual(await ground(), light);
  await page.reload();
  await page.getByRole('button', {name: 'Colours: dark. Change'}).waitFor();
  assert.notEqual(await ground(), light);
});

run('the Producer’s own page keeps to its policy', {}, async (open) => {
  const page = await open(`${system.producer}/docs`);
  await page.getByRole('button', {name: 'POST /produce'}).waitFor();
  await assertAccessible(page, 'the Producer’s page');
});
