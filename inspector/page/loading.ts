import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { get, RequestFailure } from './client.ts';
import { html, type VNode } from './html.ts';

/** What is being fetched, or was. The last value stays while the next one is fetched. */
export interface Loading<T> {
  value: T | undefined;
  failure: RequestFailure | undefined;
  busy: boolean;
}

const NOTHING = { value: undefined, failure: undefined, busy: false };

/** Runs work that the page asks for, the latest alone: what was asked for before is aborted. */
export function useWork<T>(): [
  Loading<T>,
  (work: (signal: AbortSignal) => Promise<T>) => Promise<void>,
  () => void,
] {
  const [state, setState] = useState<Loading<T>>(NOTHING);
  const running = useRef<AbortController>(undefined);
  const run = useCallback(async (work: (signal: AbortSignal) => Promise<T>) => {
    running.current?.abort();
    const controller = new AbortController();
    running.current = controller;
    setState(({ value }) => ({ value, failure: undefined, busy: true }));
    try {
      const value = await work(controller.signal);
      if (!controller.signal.aborted) setState({ value, failure: undefined, busy: false });
    } catch (error) {
      if (!controller.signal.aborted) setState({ value: undefined, failure: asFailure(error), busy: false });
    }
  }, []);
  const clear = useCallback(() => {
    running.current?.abort();
    setState(NOTHING);
  }, []);
  return [state, run, clear];
}

/** Fetches what is at an address, again when it is another; nothing where it is undefined. */
export function useGet<T>(path: string | undefined): Loading<T> & { again: () => void } {
  const [state, run, clear] = useWork<T>();
  const again = useCallback(() => {
    if (path === undefined) clear();
    else void run((signal) => get<T>(path, signal));
  }, [path]);
  useEffect(again, [path]);
  return { ...state, again };
}

/** Follows server-sent events at an address. */
export function useEvents<T>(path: string | undefined): Loading<T> {
  const [state, setState] = useState<Loading<T>>({ ...NOTHING, busy: true });
  useEffect(() => {
    if (path === undefined) return;
    const source = new EventSource(path);
    source.onmessage = ({ data }: MessageEvent<string>) => {
      setState({ value: JSON.parse(data) as T, failure: undefined, busy: false });
    };
    source.addEventListener('failure', ({ data }: MessageEvent<string>) => {
      const failure = new RequestFailure(503, JSON.parse(data) as RequestFailure['failure']);
      setState(({ value }) => ({ value, failure, busy: false }));
    });
    source.onerror = () => setState(({ value }) => ({ value, failure: UNREACHABLE, busy: true }));
    return () => source.close();
  }, [path]);
  return state;
}

const UNREACHABLE = new RequestFailure(0, {
  code: 'UNREACHABLE',
  message: 'the inspector does not answer; trying again',
  action: 'see whether `p2i serve` still runs',
});

function asFailure(error: unknown): RequestFailure {
  if (error instanceof RequestFailure) return error;
  return new RequestFailure(0, { code: 'INTERNAL', message: String(error), action: 'reload the page' });
}

/** A failure, in words. */
export function FailureNote({ failure }: { failure: RequestFailure | undefined }): VNode | null {
  if (failure === undefined) return null;
  const { code, message, action } = failure.failure;
  return html`<div class="note failed" role="alert">
    <strong>${message}</strong>
    <span>${action}</span> <code>${code}</code>
  </div>`;
}
