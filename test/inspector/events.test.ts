import assert from 'node:assert/strict';
import { test } from 'node:test';
import fastify from 'fastify';
import { Events } from '../../inspector/events.ts';
import { P2iError } from '../../shared/errors/errors.ts';
import { untilTrue } from '../support/assertions.ts';

test('what changes is told to all that follow, once each; nobody looks while nobody follows', async () => {
  let looks = 0;
  let state = 1;
  const events = new Events(async () => {
    looks++;
    if (state === 3) throw new P2iError('BROKER_UNAVAILABLE', 'away');
    return { state };
  }, 5);
  const server = fastify({ forceCloseConnections: true });
  server.addHook('onClose', () => events.close());
  server.get('/events', (_request, reply) => {
    void reply.header('x-content-type-options', 'nosniff');
    events.follow(reply);
  });
  const url = await server.listen({ host: '127.0.0.1', port: 0 });
  assert.equal(looks, 0);

  const [first, second] = await Promise.all([Follower.of(`${url}/events`), Follower.of(`${url}/events`)]);
  await Promise.all([first.until('{"state":1}'), second.until('{"state":1}')]);
  state = 2;
  await Promise.all([first.until('{"state":2}'), second.until('{"state":2}')]);
  state = 3;
  await first.until('event: failure\ndata: {"code":"BROKER_UNAVAILABLE"');
  state = 4;
  await second.until('{"state":4}');
  for (const { text } of [first, second]) assert.equal(text.split('{"state":2}').length, 2);
  assert.equal(first.headers.get('content-type'), 'text/event-stream');
  assert.equal(first.headers.get('x-content-type-options'), 'nosniff');

  first.leave();
  state = 5;
  await second.until('{"state":5}');
  second.leave();
  await untilTrue(async () => {
    const before = looks;
    await new Promise((resolve) => setTimeout(resolve, 50));
    return looks === before;
  }, 10_000);
  const third = await Follower.of(`${url}/events`);
  await third.until('{"state":5}');
  await server.close();
  await third.ended;
});

/** A page that follows events. */
class Follower {
  readonly headers: Headers;
  /** Resolves when the server ends. */
  readonly ended: Promise<void>;
  text = '';
  readonly #controller: AbortController;

  private constructor(response: Response, controller: AbortController) {
    this.headers = response.headers;
    this.#controller = controller;
    this.ended = this.#read(response);
  }

  static async of(url: string): Promise<Follower> {
    const controller = new AbortController();
    return new Follower(await fetch(url, { signal: controller.signal }), controller);
  }

  async until(text: string): Promise<void> {
    await untilTrue(() => this.text.includes(text), 10_000);
  }

  leave(): void {
    this.#controller.abort();
  }

  async #read(response: Response): Promise<void> {
    const decoder = new TextDecoder();
    try {
      for await (const bytes of response.body as AsyncIterable<Uint8Array>)
        this.text += decoder.decode(bytes, { stream: true });
    } catch {
      // It left, or the server ended.
    }
  }
}
