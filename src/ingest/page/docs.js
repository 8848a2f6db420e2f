'use strict';

/** Shows /openapi.json and sends requests to /produce. Writes text nodes only, never markup. */

const byId = (id) => document.getElementById(id);

function element(tag, options = {}, ...children) {
  const node = document.createElement(tag);
  if (options.className) node.className = options.className;
  node.append(...children.filter((child) => child !== undefined));
  return node;
}

const pretty = (value) => (typeof value === 'string' ? value : JSON.stringify(value, null, 2));

function resolve(spec, node) {
  if (!node || !node.$ref) return node;
  return node.$ref.slice(2).split('/').reduce((part, name) => part[name], spec);
}

function table(headings, rows) {
  const head = element('tr', {}, ...headings.map((text) => element('th', {}, text)));
  const lines = rows.map((cells) =>
    element('tr', {}, ...cells.map((cell) => element('td', {}, cell))));
  return element('table', {}, element('thead', {}, head), element('tbody', {}, ...lines));
}

function examplesOf(media) {
  const named = Object.entries(media.examples || {});
  if (media.example !== undefined) named.push(['example', {value: media.example}]);
  return named;
}

function contentView(content) {
  return Object.entries(content || {}).flatMap(([type, media]) => [
    element('p', {}, element('code', {}, type)),
    ...examplesOf(media).flatMap(([name, example]) => [
      element('p', {}, example.summary || name),
      element('pre', {}, pretty(example.value)),
    ]),
  ]);
}

function parametersView(spec, operation) {
  if (!operation.parameters) return [];
  const rows = operation.parameters.map((reference) => {
    const parameter = resolve(spec, reference);
    return [element('code', {}, parameter.name), parameter.description || ''];
  });
  return [element('h4', {}, 'Headers'), table(['name', 'meaning'], rows)];
}

function responseView(spec, status, response) {
  const headers = Object.entries(response.headers || {}).map(([name, reference]) =>
    [element('code', {}, name), resolve(spec, reference).description || '']);
  return element('details', {},
    element('summary', {},
      element('strong', {className: Number(status) < 300 ? 'good' : 'bad'}, status),
      ' ' + response.description),
    ...(headers.length ? [table(['header', 'meaning'], headers)] : []),
    ...contentView(response.content));
}

function operationView(spec, path, method, operation) {
  const request = operation.requestBody
    ? [element('h4', {}, 'Body'), ...contentView(operation.requestBody.content)] : [];
  return element('details', {},
    element('summary', {},
      element('span', {className: 'method'}, method.toUpperCase()), ' ',
      element('span', {className: 'path'}, path), ' ' + operation.summary),
    element('p', {}, operation.description || ''),
    ...parametersView(spec, operation),
    ...request,
    element('h4', {}, 'Answers'),
    ...Object.entries(operation.responses).map(([status, response]) =>
      responseView(spec, status, response)));
}

function show(spec) {
  byId('title').textContent = spec.info.title + ' ' + spec.info.version;
  byId('summary').textContent = spec.info.summary;
  byId('description').textContent = spec.info.description;
  for (const [path, methods] of Object.entries(spec.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      byId('operations').append(operationView(spec, path, method, operation));
    }
  }
  for (const [name, schema] of Object.entries(spec.components.schemas)) {
    byId('schemas').append(element('details', {},
      element('summary', {}, name), element('pre', {}, pretty(schema))));
  }
}

/** Fills the form from the document's own request examples. */
function offerExamples(spec) {
  const content = spec.paths['/produce'].post.requestBody.content;
  const choices = Object.entries(content).flatMap(([type, media]) =>
    examplesOf(media).map(([name, example]) => ({type, text: example.summary || name,
      body: pretty(example.value)})));
  for (const type of Object.keys(content)) byId('content-type').append(new Option(type, type));
  choices.forEach((choice, place) => byId('example').append(new Option(choice.text, place)));
  const choose = () => {
    const choice = choices[byId('example').value];
    byId('content-type').value = choice.type;
    byId('body').value = choice.body;
  };
  byId('example').addEventListener('change', choose);
  choose();
}

function requestHeaders() {
  const headers = {'Content-Type': byId('content-type').value};
  if (byId('key').value) headers['Idempotency-Key'] = byId('key').value;
  if (byId('token').value) headers.Authorization = 'Bearer ' + byId('token').value;
  return headers;
}

function asJsonWherePossible(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function showAnswer(heading, isGood, headers, body) {
  byId('answer').hidden = false;
  byId('answer-status').textContent = heading;
  byId('answer-status').className = isGood ? 'good' : 'bad';
  byId('answer-headers').textContent = headers;
  byId('answer-body').textContent = body;
}

async function send(event) {
  event.preventDefault();
  const button = event.target.querySelector('button');
  button.disabled = true;
  const begun = performance.now();
  try {
    const response = await fetch('/produce', {
      method: 'POST', headers: requestHeaders(), body: byId('body').value});
    const body = asJsonWherePossible(await response.text());
    const elapsed = Math.round(performance.now() - begun);
    const headers = [...response.headers].map(([name, value]) => name + ': ' + value).join('\n');
    showAnswer(`${response.status} ${response.statusText} (${elapsed} ms)`, response.ok, headers,
      body);
  } catch (error) {
    showAnswer('No answer', false, '', String(error));
  } finally {
    button.disabled = false;
  }
}

async function start() {
  try {
    const response = await fetch('/openapi.json');
    if (!response.ok) throw new Error('status ' + response.status);
    const spec = await response.json();
    show(spec);
    offerExamples(spec);
    byId('try').addEventListener('submit', send);
  } catch (error) {
    byId('failure').hidden = false;
    byId('failure').textContent = 'The description cannot be read: ' + error.message;
  }
}

start();
