// Loading something from the server, with what a page needs to show of it.
import {useCallback, useEffect, useRef, useState} from 'preact/hooks';

/** `value` may be that of an earlier key as long as `isLoading`. */
export interface Load<T> { value?: T; error?: unknown; isLoading: boolean; reload: () => void }

/** Runs `load` again whenever `key` changes; an answer that was overtaken is ignored. After a failure
 * it tries again by itself every few seconds, so a page recovers with the system. */
export function useLoad<T>(load: (signal: AbortSignal) => Promise<T>, key: string): Load<T> {
  const [state, setState] = useState<{value?: T; error?: unknown; isLoading: boolean; key: string}>({isLoading: true, key});
  const [turn, setTurn] = useState(0);
  const latest = useRef(load);
  latest.current = load;
  const reload = useCallback(() => setTurn((value) => value + 1), []);
  useEffect(() => {
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    setState((before) => ({...before, isLoading: true, key}));
    latest.current(abort.signal).then(
      (value) => { if (!abort.signal.aborted) setState({value, isLoading: false, key}); },
      (error: unknown) => {
        if (abort.signal.aborted) return;
        setState((before) => ({...before, error, isLoading: false, key}));
        const status = (error as {status?: number}).status ?? 0;
        if (status === 0 || status >= 500) timer = setTimeout(reload, 3000);
      });
    return () => { abort.abort(); clearTimeout(timer); };
  }, [key, turn]);
  const {value, error} = state;
  return {value, error, isLoading: state.isLoading || state.key !== key, reload};
}
