// Addresses behind the #, so that the server needs to know one page only: #/events?type=order
import {useEffect, useState} from 'preact/hooks';

export interface Route { path: string[]; query: URLSearchParams }

function read(): Route {
  const [path = '', search = ''] = location.hash.replace(/^#\/?/, '').split('?');
  return {
    path: path.split('/').filter(Boolean).map((part) => {
      try { return decodeURIComponent(part); } catch { return part; }
    }),
    query: new URLSearchParams(search),
  };
}

export function useRoute(): Route {
  const [route, setRoute] = useState(read);
  useEffect(() => {
    const update = () => setRoute(read());
    addEventListener('hashchange', update);
    return () => removeEventListener('hashchange', update);
  }, []);
  return route;
}

export const link = (...parts: string[]) => `#/${parts.map(encodeURIComponent).join('/')}`;

/** Replaces the query of the current address, so that a reload and a shared link show the same. */
export function setQuery(values: Record<string, string>) {
  const search = new URLSearchParams(Object.entries(values).filter(([, value]) => value !== ''));
  const path = location.hash.split('?')[0] || '#/';
  const text = search.toString();
  const next = text ? `${path}?${text}` : path;
  if (next !== location.hash) location.hash = next.slice(1);
}
