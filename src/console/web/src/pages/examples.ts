import {EntityType, Field} from '../api';

const kKnown: Record<string, Record<string, unknown>> = {
  product: {id: 'P-1001', name: 'Espresso machine', category: 'Kitchen', brand: 'Bellavita', price: 349, currency: 'EUR', stock: 12},
  order: {id: '10248', customer_id: 'C-100', product_id: 'P-1001', quantity: 2, total: 698, currency: 'EUR', status: 'open', date: '2026-11-23'},
  supplier: {id: 'S-1', name: 'Bellavita S.r.l.', email: 'orders@bellavita.example', city: 'Bergamo', country: 'IT', balance: 1250.5},
};

const kByKind: Record<Field['kind'], unknown> =
  {keyword: 'A-1', text: 'Some words', number: 1, date: '2026-11-23', boolean: true};

/** An example of every type: ours for the built-in ones, made from the fields for others. */
export function exampleOf(type: EntityType): Record<string, unknown> {
  const known = kKnown[type.name];
  if (known) return Object.fromEntries(Object.entries(known).filter(([name]) => type.fields.some((field) => field.name === name)));
  return Object.fromEntries(type.fields.slice(0, 8).map((field) => [field.name, kByKind[field.kind]]));
}
