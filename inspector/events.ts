import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyReply } from 'fastify';
import { P2iError } from '../shared/errors/errors.ts';
import { failureOf } from './http.ts';

/** Pages that may follow one thing at once. */
const MOST_FOLLOWERS = 100;
/** A line that says nothing, so that a page that has left is noticed, and a proxy keeps the connection. */
const STILL_HERE_MS = 15_000;

/**
 * Server-sent events of something that changes: it is looked at now and then while anybody follows, once for all of
 * them, and told when it is another. An event `failure` tells why a look failed; the next one may not.
 */
export class Events {
  readonly #look: () => Promise<unknown>;
  readonly #everyMs: number;
  readonly #followers = new Set<ServerResponse>();
  readonly #closing = new AbortController();
  #last = '';
  #toldAt = 0;
  #looking: Promise<void> | undefined;

  constructor(look: () => Promise<unknown>, everyMs: number) {
    this.#look = look;
    this.#everyMs = everyMs;
  }

  /** Answers with the events, for as long as the page listens. @throws P2iError OVERLOADED */
  follow(reply: FastifyReply): void {
    if (this.#followers.size >= MOST_FOLLOWERS)
      throw new P2iError('OVERLOADED', `${MOST_FOLLOWERS} pages follow this already`);
    reply.hijack();
    const { raw } = reply;
    for (const [name, value] of Object.entries(reply.getHeaders()))
      if (value !== undefined) raw.setHeader(name, value);
    raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    raw.write(this.#last || ': hello\n\n');
    this.#followers.add(raw);
    raw.on('close', () => this.#followers.delete(raw));
    this.#looking ??= this.#lookOn();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    for (const follower of this.#followers) follower.end();
    await this.#looking;
  }

  async #lookOn(): Promise<void> {
    const { signal } = this.#closing;
    while (this.#followers.size > 0 && !signal.aborted) {
      const event = await this.#event();
      const now = Date.now();
      if (event !== this.#last) this.#tell(event, now);
      else if (now - this.#toldAt > STILL_HERE_MS) this.#tell(':\n\n', now);
      this.#last = event;
      await sleep(this.#everyMs, undefined, { signal }).catch(() => undefined);
    }
    this.#looking = undefined;
    this.#last = '';
  }

  async #event(): Promise<string> {
    try {
      return `data: ${JSON.stringify(await this.#look())}\n\n`;
    } catch (error) {
      return `event: failure\ndata: ${JSON.stringify(failureOf(error).body)}\n\n`;
    }
  }

  #tell(text: string, now: number): void {
    this.#toldAt = now;
    for (const follower of this.#followers) follower.write(text);
  }
}
