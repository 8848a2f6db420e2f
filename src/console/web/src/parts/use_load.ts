// Loading something from the server, with what a page needs to show of it.
import {useCallback, useEffect, useRef, useState} from 'preact/hooks';

/** `value` is that of an earlier key until `isCurrent`; where loading fails it stays. */
export interface Load<T> { value?: T; error?: unknown; isLoading: boolean; isCurrent: boolean; reload: () => void }
interface State<T> { value?: T; of?: string; error?: unknown; isLoading: boolean }

/** Runs `load` again whenever `key` changes; an answer that was overtaken is ignored. After a failure
 * it tries again by itself every few seconds, so a page recovers with the system. */
export function useLoad<T>(load: (signal: AbortSignal) => Promise<T>, key: string): Load<T> {
  const [state, setState] = useState<State<T>>({isLoading: true});
  const [turn, setTurn] = useState(0);
  const latest = useRef(load);
  latest.current = load;
  const reload = useCallback(() => setTurn((value) => value + 1), []);
  useEffect(() => {
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    setState((before) => ({...before, isLoading: true}));
    latest.current(abort.signal).then(
      (value) => { if (!abort.signal.aborted) setState({value, of: key, isLoading: false}); },
      (error: unknown) => {
        if (abort.signal.aborted) return;
        setState((before) => ({...before, error, isLoading: false}));
        const status = (error as {status?: number}).status ?? 0;
        if (status === 0 || status >= 500) timer = setTimeout(reload, 3000);
      });
    return () => { abort.abort(); clearTimeout(timer); };
  }, [key, turn]);
  const {value, error} = state;
  return {value, error, isLoading: state.isLoading, isCurrent: state.of === key, reload};
}
