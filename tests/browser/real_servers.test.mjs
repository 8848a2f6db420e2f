// The same pages over a real Kafka and a real Elasticsearch, and with either of them killed.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {assertAccessible, assertFits, heading, kPages, launch, withPages} from './support/browser.mjs';
import {RealSystem} from './support/real_system.mjs';
import {waitFor} from './support/system.mjs';

const kPatience = 300_000;  // A busy machine takes its time to start Elasticsearch.

let system;
let browser;
before(async () => {
  [browser, system] = await Promise.all([launch(), RealSystem.start()]);
});
after(async () => {
  await browser?.close();
  await system?.stop();
});

const run = (name, use) => test(name, () => withPages(browser, {}, use));
const openLetters = async () => (await system.get('/api/dead-letters?state=open')).letters;

run('an event that was sent in the browser is a document of Elasticsearch', async (open) => {
  const page = await open(`${system.url}/#/send`);
  await page.getByRole('button', {name: 'order', exact: true}).click();
  await page.getByRole('button', {name: 'Send order'}).click();
  await page.getByText('Accepted').waitFor();
  await page.getByRole('link', {name: 'Where is it now?'}).click();
  await page.locator('.timeline li[data-stage="indexed"]').waitFor();
  assert.deepEqual(await page.locator('.timeline li strong').allTextContents(), ['received', 'published', 'indexed']);
  const id = decodeURIComponent(page.url().split('#/event/')[1]);
  const {_source: stored} = await system.askIndex('GET', `/orders-index/_doc/${id}`);
  assert.match(await page.locator('.timeline').textContent(),
    new RegExp(`orders/${stored.kafka.partition} at offset ${stored.kafka.offset}`));
});

run('every page is accessible and fits', async (open) => {
  const page = await open(system.url);
  for (const [name, address] of kPages) {
    await page.goto(`${system.url}/${address}`);
    await heading(page, name);
    await page.getByText('Loading …').waitFor({state: 'detached'});
    await assertFits(page, name);
    await assertAccessible(page, name);
  }
  await page.getByRole('row', {name: /^event log ready Kafka at 127\.0\.0\.1:\d+ client librdkafka \d+\.\d+\.\d+, 1 broker\b/}).waitFor();
  await page.getByRole('row', {name: /^document index ready Elasticsearch at http\S+ Elasticsearch \d+\.\d+\.\d+/}).waitFor();
  for (const part of ['producer', 'consumer']) {
    await page.getByRole('row', {name: new RegExp(`^${part} ready http\\S+ \\d+\\.\\d+\\.\\d+`)}).waitFor();
  }
  await page.getByText('balanced', {exact: true}).waitFor();
});

run('where there is no object store, Upload says so', async (open) => {
  const page = await open(`${system.url}/#/upload`);
  await page.getByText(/no object store/i).first().waitFor();
});

run('a dead letter that is redriven in the browser becomes a document', async (open) => {
  for (const total of [1, 2]) {
    await system.send({type: 'order', data: {id: 7, total}}, {'Idempotency-Key': 'reused'});
  }
  await waitFor(async () => (await openLetters()).length === 1, 'the dead letter');
  const [letter] = await openLetters();
  assert.equal(letter.reason, 'id_reused');
  await system.settled();  // Or the first record could be read again and take its place back.
  await system.askIndex('DELETE', '/orders-index/_doc/reused?refresh=true');
  const page = await open(`${system.url}/#/letters/${letter.id}`);
  await page.getByRole('region', {name: `Dead letter ${letter.id}`}).getByRole('button', {name: 'Redrive'}).click();
  await page.getByRole('dialog').getByRole('button', {name: 'Redrive'}).click();
  await page.getByText('1 done').waitFor();
  await page.goto(`${system.url}/#/event/reused`);
  await page.locator('.timeline li[data-stage="indexed"]').waitFor();
  const {_source: stored} = await system.askIndex('GET', '/orders-index/_doc/reused');
  assert.equal(stored.data.total, 2);
  await page.goto(`${system.url}/#/letters`);
  await page.getByText('No open dead letters').waitFor();
});

run('without Elasticsearch the console says so, and recovers by itself', async (open) => {
  const page = await open(`${system.url}/#/events`);
  page.setDefaultTimeout(kPatience);
  await page.locator('table.events tbody tr').first().waitFor();
  await system.tell('kill index');
  try {
    await page.locator('.banner').getByText('The document index does not answer').waitFor();
    await page.getByRole('button', {name: 'Search'}).click();
    await page.getByRole('alert').waitFor();
    await assertAccessible(page, 'a search without an index');
    // Nothing is lost meanwhile: it is accepted, and waits.
    const answer = await system.send({type: 'order', data: {id: 8, total: 3}}, {'Idempotency-Key': 'meanwhile'});
    assert.equal(answer.status, 200);
    await page.goto(`${system.url}/#/status`);
    await page.getByRole('row', {name: /^document index not ready/}).waitFor();
    await page.getByRole('row', {name: /^consumer not ready/}).waitFor();
    await page.goto(`${system.url}/#/event/meanwhile`);
    await page.getByRole('alert').waitFor();
  } finally {
    await system.tell('start index');
  }
  // Nothing is clicked from here on.
  await page.locator('.timeline li[data-stage="indexed"]').waitFor();
  await page.locator('.banner').waitFor({state: 'detached'});
  await page.goto(`${system.url}/#/status`);
  for (const part of ['document index', 'consumer']) {
    await page.getByRole('row', {name: new RegExp(`^${part} ready`)}).waitFor();
  }
  const {_source: stored} = await system.askIndex('GET', '/orders-index/_doc/meanwhile');
  assert.equal(stored.data.total, 3);
});

run('without Kafka the console says so, refuses what is sent, and recovers by itself', async (open) => {
  const page = await open(`${system.url}/#/send`);
  page.setDefaultTimeout(kPatience);
  await page.getByRole('button', {name: 'supplier', exact: true}).click();
  await system.tell('kill broker');
  try {
    await page.locator('.banner').getByText('The event log does not answer').waitFor();
    await page.getByRole('button', {name: 'Send supplier'}).click();
    await page.getByRole('alert').waitFor();
    assert.equal(await page.getByText('Accepted').count(), 0);
    await assertAccessible(page, 'an event that was refused');
  } finally {
    await system.tell('start broker');
  }
  await page.locator('.banner').waitFor({state: 'detached'});
  await page.getByRole('button', {name: 'Send supplier'}).click();
  await page.getByText('Accepted').waitFor();
  await page.getByRole('link', {name: 'Where is it now?'}).click();
  await page.locator('.timeline li[data-stage="indexed"]').waitFor();
});
