import type { Failure } from '../api.ts';

/** A request that the server refused, or that did not reach it. */
export class RequestFailure extends Error {
  readonly failure: Failure;
  /** HTTP status; 0 where there was no answer. */
  readonly status: number;

  constructor(status: number, failure: Failure) {
    super(failure.message);
    this.status = status;
    this.failure = failure;
  }
}

/** Is told when the server asks for a token. */
export const locked = new EventTarget();

/** @throws RequestFailure */
export function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return send<T>(path, { ...(signal && { signal }) });
}

/** @param body a value, or JSON that is written already @throws RequestFailure */
export function post<T>(path: string, body: unknown, signal?: AbortSignal): Promise<T> {
  return send<T>(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...(signal && { signal }),
  });
}

/** Ends the session. @throws RequestFailure */
export function leave(): Promise<unknown> {
  return send('/v1/session', { method: 'DELETE' });
}

async function send<T>(path: string, init: RequestInit): Promise<T> {
  let response: Response;
  try {
    response = await fetch(path, init);
  } catch (error) {
    if ((error as Error).name === 'AbortError') throw error;
    throw new RequestFailure(0, {
      code: 'UNREACHABLE',
      message: 'the inspector does not answer',
      action: 'see whether `p2i serve` still runs',
    });
  }
  const document = (await response.json()) as unknown;
  if (response.ok) return document as T;
  if (response.status === 401) locked.dispatchEvent(new Event('locked'));
  throw new RequestFailure(response.status, document as Failure);
}

/** An address with what is asked for; what is undefined or empty is left out. */
export function address(path: string, query: Readonly<Record<string, string | number | undefined>>): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    if (value !== undefined && value !== '') parameters.set(name, String(value));
  const text = parameters.toString();
  return text === '' ? path : `${path}?${text}`;
}
