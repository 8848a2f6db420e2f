// What somebody changes of a value that comes from elsewhere, until that value changes itself.
import {useState} from 'preact/hooks';

/** State that starts as `origin` and starts anew, within the same rendering, when `origin` changes; so
 * nothing that is typed between a rendering and a later effect is lost. `origin` must be plain JSON. */
export function useDraft<T>(origin: T): [T, (value: T) => void] {
  return useKeyed(origin, JSON.stringify(origin));
}

/** The same for a start value that does not tell by itself what it belongs to. */
export function useKeyed<T>(start: T, key: string): [T, (value: T) => void] {
  const [state, setState] = useState({key, value: start});
  return [state.key === key ? state.value : start, (value) => setState({key, value})];
}
