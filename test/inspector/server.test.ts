import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify';
import fc from 'fast-check';
import { Access, isLoopback } from '../../inspector/access.ts';
import type { Classified, Failure, FoundPin } from '../../inspector/api.ts';
import { BODY_BYTES } from '../../inspector/server.ts';
import { NATURE } from '../workers/candidates/made.ts';
import { HERE, inspectorOf } from './made.ts';

type Answer = Promise<LightMyRequestResponse>;

const TOKEN = 'a token that nobody guesses';

describe('POST /v1/classify', () => {
  let server: FastifyInstance;
  before(async () => {
    server = await inspectorOf();
  });
  after(() => server.close());

  const classify = (payload: unknown, query = '', headers: Record<string, string> = {}): Answer =>
    server.inject({
      ...{ method: 'POST', url: `/v1/classify${query}` },
      headers: { ...HERE, 'content-type': 'application/json', ...headers },
      payload: typeof payload === 'string' || Buffer.isBuffer(payload) ? payload : JSON.stringify(payload),
    });
  const failure = async (answer: Answer): Promise<[number, string]> => {
    const response = await answer;
    const { code, message, action } = response.json<Failure>();
    assert.ok(message.length > 0 && action.length > 0);
    return [response.statusCode, code];
  };

  test('a Pin has its interests, with their parents and labels', async () => {
    const { pins, lane, generation } = (await classify({ id: 'p', title: 'castle' })).json<Classified>();
    assert.deepEqual([lane, generation, pins.length, pins[0].pin], ['instant', 0, 1, 'p']);
    const castle = pins[0].interests.find(({ label }) => label === 'castle');
    assert.deepEqual([castle?.id, castle?.level, castle?.parent], [300, 3, 30]);
    assert.equal(pins[0].explanation, undefined);
  });

  test('several Pins have the same interests as each alone', async () => {
    const titles = ['castle', 'a horse in the mountains', 'nothing of the kind', ''];
    const all = titles.map((title, i) => ({ id: String(i), title }));
    const together = (await classify({ pins: all })).json<Classified>().pins;
    for (const [i, pin] of all.entries())
      assert.deepEqual((await classify(pin)).json<Classified>().pins, [together[i]]);
  });

  test('candidates come without their reasons, or one of them with all', async () => {
    const pin = { id: 'p', title: 'castle by a river' };
    const [some] = (await classify(pin, '?explain=candidates')).json<Classified>().pins;
    const candidate = some.explanation!.candidates.find(({ id }) => id === 300)!;
    assert.equal(candidate.contributions, undefined);
    const [all] = (await classify(pin, '?explain=all&interest=300')).json<Classified>().pins;
    const [only, ...others] = all.explanation!.candidates;
    assert.deepEqual(others, []);
    const { evidence, features, contributions, ...rest } = only;
    assert.deepEqual(rest, candidate);
    assert.equal(evidence!.titleMatch, features!.titleMatch);
    const sum = contributions!.reduce((total, { contribution }) => total + contribution, 0);
    const logOdds = Math.log(candidate.score / (1 - candidate.score));
    assert.ok(Math.abs(all.explanation!.expected + sum - logOdds) < 1e-6);
  });

  test('what is no Pin is refused with its code and what to do', async () => {
    const refused: [unknown, number, string][] = [
      ['{"id": "p", ', 400, 'REQUEST_INVALID'],
      ['', 400, 'REQUEST_INVALID'],
      ['{"id": "p", "annotations": [{"term": "x", "confidence": NaN}]}', 400, 'REQUEST_INVALID'],
      ['{"id": "p", "__proto__": {"title": "x"}}', 400, 'REQUEST_INVALID'],
      [[], 400, 'PIN_INVALID'],
      ['"castle"', 400, 'PIN_INVALID'],
      [{}, 400, 'PIN_INVALID'],
      [{ id: 7 }, 400, 'PIN_INVALID'],
      ['{"id": "\\ud800"}', 400, 'PIN_INVALID'],
      [{ id: 'p', annotations: [{ term: 'x', confidence: 2 }] }, 400, 'PIN_INVALID'],
      [{ id: 'p', title: 'x'.repeat(200_000) }, 413, 'PIN_TOO_LARGE'],
      [{ pins: [] }, 400, 'REQUEST_INVALID'],
      [{ pins: [{ id: 'p' }], lane: 'batch' }, 400, 'REQUEST_INVALID'],
      [{ pins: new Array(201).fill({ id: 'p' }) }, 400, 'REQUEST_INVALID'],
      [{ id: 'p', title: 'x'.repeat(BODY_BYTES) }, 413, 'REQUEST_INVALID'],
    ];
    for (const [payload, status, code] of refused)
      assert.deepEqual(
        await failure(classify(payload)),
        [status, code],
        JSON.stringify(payload).slice(0, 80),
      );
  });

  test('a lone surrogate in text is mended, and unknown fields of a Pin are ignored', async () => {
    const answer = await classify('{"id": "p", "title": "castle \\udfff", "shoe size": 43}');
    assert.equal(answer.statusCode, 200);
    assert.ok(answer.json<Classified>().pins[0].interests.some(({ label }) => label === 'castle'));
  });

  test('what is asked for in the address is checked too', async () => {
    for (const query of ['?lane=fast', '?explain=yes', '?interest=-1', '?colour=red'])
      assert.deepEqual(await failure(classify({ id: 'p' }, query)), [400, 'REQUEST_INVALID'], query);
    assert.deepEqual(await failure(classify({ id: 'p' }, '?taxonomy=v0')), [404, 'TAXONOMY_UNKNOWN']);
    const two = { pins: [{ id: 'p' }, { id: 'q' }] };
    assert.deepEqual(await failure(classify(two, '?explain=all')), [400, 'REQUEST_INVALID']);
  });

  test('another content type than JSON is refused: no form of another site can send it', async () => {
    const types = ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'];
    for (const type of types) {
      const { statusCode } = await classify('{"id": "p"}', '', { 'content-type': type });
      assert.equal(statusCode, 415, type);
    }
  });

  test('any JSON is answered with interests or a refusal, never a fault', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), fc.constantFrom('', '?explain=candidates'), async (value, query) => {
        const { statusCode } = await classify(value, query);
        assert.ok(statusCode < 500, String(statusCode));
      }),
      { numRuns: 200 },
    );
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), async (title) => {
        assert.equal((await classify({ id: 'p', title })).statusCode, 200);
      }),
      { numRuns: 200 },
    );
  });

  test('more requests than can wait are sent away, the others are answered', async () => {
    const answers = await Promise.all(
      Array.from({ length: 60 }, () => classify({ id: 'p', title: 'castle' })),
    );
    const counts = Map.groupBy(answers, ({ statusCode }) => statusCode);
    assert.deepEqual([...counts.keys()].sort(), [200, 503]);
    assert.equal(counts.get(200)!.length, 32);
    assert.equal(counts.get(503)![0].headers['retry-after'], '1');
    assert.equal(counts.get(503)![0].json<Failure>().code, 'OVERLOADED');
  });
});

describe('GET /v1/pins', () => {
  test('a Pin is found by its id as it can be handed in again; another is not', async () => {
    const server = await inspectorOf();
    const found = await server.inject({ url: '/v1/pins/N1', headers: HERE });
    assert.deepEqual(found.json<FoundPin>().pin, {
      ...{ id: 'N1', version: 3, createdAt: 1000, title: 'A castle by a river', description: '' },
      ...{ language: null, annotations: [], boards: [], kind: null, country: null, embedding: null },
      engagement: {
        ...{ saves: null, clicks: null, closeups: null, impressions: null },
        ...{ femaleShare: null, maleShare: null },
      },
      deleted: false,
    });
    const missing = await server.inject({ url: '/v1/pins/N%2F2', headers: HERE });
    assert.deepEqual([missing.statusCode, missing.json<Failure>().code], [404, 'PIN_UNKNOWN']);
    await server.close();
  });
});

describe('the tree of a taxonomy', () => {
  let server: FastifyInstance;
  before(async () => {
    server = await inspectorOf();
  });
  after(() => server.close());
  const { version } = NATURE;
  const get = async (path: string): Promise<LightMyRequestResponse> =>
    server.inject({ url: `/v1/taxonomies/${version}/interests${path}`, headers: HERE });

  test('is read from its roots a node at a time', async () => {
    const { interests } = (await get('')).json<{ interests: { id: number; children: number }[] }>();
    assert.deepEqual(
      interests.map(({ id, children }) => [id, children]),
      [
        [1, 2],
        [2, 1],
        [3, 1],
      ],
    );
    const { path, children } = (await get('/10')).json<{ path: object[]; children: { name: string }[] }>();
    assert.deepEqual(path, [{ id: 1, name: 'nature' }]);
    assert.deepEqual(
      children.map(({ name }) => name),
      ['mountain', 'river'],
    );
  });

  test('is searched by how words begin, or by an id', async () => {
    const names = async (text: string): Promise<string[]> => {
      const found = await get(`?search=${encodeURIComponent(text)}`);
      return found.json<{ interests: { name: string }[] }>().interests.map(({ name }) => name);
    };
    assert.deepEqual(await names('MAM'), ['animals: mammals']);
    assert.deepEqual(await names('orse'), []);
    assert.deepEqual(await names('hor'), ['horse', 'horse']);
    assert.deepEqual(await names('300'), ['castle']);
    assert.deepEqual(await names('models and'), ['toys and models']);
    assert.deepEqual(await names(' ! '), []);
  });

  test('an interest or a version that is not there is told', async () => {
    assert.deepEqual((await get('/9999')).json<Failure>().code, 'INTEREST_UNKNOWN');
    assert.equal((await get('/0')).statusCode, 400);
    assert.equal((await get('/x')).statusCode, 400);
    const other = await server.inject({ url: '/v1/taxonomies/v0/interests', headers: HERE });
    assert.deepEqual([other.statusCode, other.json<Failure>().code], [404, 'TAXONOMY_UNKNOWN']);
  });
});

describe('who may ask', () => {
  let open: FastifyInstance;
  let closed: FastifyInstance;
  before(async () => {
    open = await inspectorOf();
    closed = await inspectorOf({}, { access: new Access({ host: '0.0.0.0', token: TOKEN }) });
  });
  after(async () => {
    await open.close();
    await closed.close();
  });
  const status = async (server: FastifyInstance, request: InjectOptions): Promise<number> =>
    (await server.inject(request)).statusCode;

  test('another address than this machine’s own is refused without a token, and so is a short one', () => {
    for (const host of ['0.0.0.0', '::', '192.168.1.2', 'inspector.example'])
      assert.throws(() => new Access({ host, token: undefined }), { code: 'CONFIG_INVALID' }, host);
    assert.throws(() => new Access({ host: '127.0.0.1', token: 'short' }), { code: 'CONFIG_INVALID' });
    for (const host of ['127.0.0.1', '127.8.0.1', 'localhost', '::1']) assert.ok(isLoopback(host), host);
  });

  test('without a token, only names of this machine are answered: no other name can be pointed at it', async () => {
    for (const host of ['localhost:8080', '127.0.0.1', '[::1]:8080', '127.0.0.1:1'])
      assert.equal(await status(open, { url: '/v1/about', headers: { host } }), 200, host);
    for (const host of ['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example', 'a b'])
      assert.equal(await status(open, { url: '/v1/about', headers: { host } }), 403, host);
  });

  test('nothing is changed for another site', async () => {
    const send = (headers: Record<string, string>): Promise<number> =>
      status(open, {
        method: 'POST',
        url: '/v1/classify',
        headers: { ...HERE, ...headers },
        payload: { id: 'p' },
      });
    assert.equal(await send({ origin: 'http://localhost:8080' }), 200);
    assert.equal(await send({}), 200);
    for (const origin of ['https://evil.example', 'http://localhost:9090', 'null'])
      assert.equal(await send({ origin }), 403, origin);
    assert.equal(await send({ 'sec-fetch-site': 'cross-site' }), 403);
    assert.equal(await send({ 'sec-fetch-site': 'same-site' }), 403);
  });

  test('with a token, all but the page, health and the session asks for it', async () => {
    const headers = { host: 'inspector.example' };
    for (const url of ['/', '/taxonomy', '/page/main.ts', '/live', '/ready', '/v1/session'])
      assert.equal(await status(closed, { url, headers }), 200, url);
    const guarded = ['/v1/about', '/v1/features', '/v1/taxonomies', '/v1/pins/N1', '/metrics', '/nowhere'];
    for (const url of guarded) assert.equal(await status(closed, { url, headers }), 401, url);
    for (const authorization of [`Bearer ${TOKEN}x`, `Basic ${TOKEN}`, 'Bearer', '', TOKEN])
      assert.equal(await status(closed, { url: '/v1/about', headers: { ...headers, authorization } }), 401);
    const authorization = `Bearer ${encodeURIComponent(TOKEN)}`;
    assert.equal(await status(closed, { url: '/v1/about', headers: { ...headers, authorization } }), 401);
  });

  test('a bearer is let in', async () => {
    const token = 'a-token-without-spaces';
    const server = await inspectorOf({}, { access: new Access({ host: '0.0.0.0', token }) });
    const headers = { host: 'inspector.example', authorization: `Bearer ${token}` };
    assert.equal(await status(server, { url: '/v1/about', headers }), 200);
    await server.close();
  });

  test('a token is traded for a cookie that no script reads and no other site sends, and that ends', async () => {
    const host = 'inspector.example';
    const headers = { host, origin: `http://${host}`, 'x-forwarded-proto': 'https' };
    const begun = await closed.inject({
      ...{ method: 'POST', url: '/v1/session', headers, payload: { token: TOKEN } },
    });
    const [cookie] = String(begun.headers['set-cookie']).split(';');
    assert.match(String(begun.headers['set-cookie']), /; HttpOnly; SameSite=Strict; Secure$/);
    assert.ok(!cookie.includes(TOKEN));
    const asked = { url: '/v1/about', headers: { host, cookie } };
    assert.equal(await status(closed, asked), 200);
    assert.equal(await status(closed, { ...asked, headers: { host, cookie: `${cookie}x` } }), 401);
    await closed.inject({ method: 'DELETE', url: '/v1/session', headers: { ...headers, cookie } });
    assert.equal(await status(closed, asked), 401);
  });

  test('guessing ends after ten wrong tokens', async () => {
    const server = await inspectorOf({}, { access: new Access({ host: '0.0.0.0', token: TOKEN }) });
    const guess = (token: string): Promise<number> =>
      status(server, { method: 'POST', url: '/v1/session', headers: HERE, payload: { token } });
    for (let i = 0; i < 10; i++) assert.equal(await guess(`guess ${i}`), 403);
    assert.equal(await guess(TOKEN), 503);
    await server.close();
  });
});

describe('what every answer says', () => {
  test('a policy that allows no script but our files, no frame and no guessing of types', async () => {
    const server = await inspectorOf();
    for (const url of ['/', '/page/style.css', '/v1/about', '/nowhere', '/live']) {
      const { headers } = await server.inject({ url, headers: HERE });
      const policy = String(headers['content-security-policy']);
      assert.ok(!policy.includes('unsafe'), policy);
      assert.match(policy, /^default-src 'none'; script-src 'self' 'sha256-[^ ]+';/);
      assert.match(policy, /frame-ancestors 'none'/);
      assert.equal(headers['x-content-type-options'], 'nosniff');
    }
    await server.close();
  });

  test('the page takes less than 50 KB to fetch, has its types taken out, and is fetched once', async () => {
    const server = await inspectorOf();
    const { body, headers } = await server.inject({ url: '/', headers: HERE });
    const paths = [...body.matchAll(/(?:href|src)="(\/(?:page|vendor)\/[^"]+)"/g)].map(([, path]) => path);
    assert.ok(paths.includes('/vendor/preact.mjs') && paths.includes('/page/app.ts'));
    let bytes = body.length;
    for (const url of new Set(paths)) {
      const file = await server.inject({ url, headers: { ...HERE, 'accept-encoding': 'gzip, br' } });
      assert.equal(file.statusCode, 200, url);
      bytes += file.rawPayload.length;
      const plain = await server.inject({ url, headers: HERE });
      assert.equal(gunzipSync(file.rawPayload).toString(), plain.body);
      assert.ok(!/\binterface \w+ \{/.test(plain.body), url);
    }
    assert.ok(bytes < 50_000, `${bytes} bytes`);
    const again = await server.inject({ url: '/', headers: { ...HERE, 'if-none-match': headers.etag } });
    assert.deepEqual([again.statusCode, again.body], [304, '']);
    await server.close();
  });

  test('health is told as workers tell it, and requests are counted', async () => {
    const server = await inspectorOf({}, { ready: async () => 'BROKER_UNAVAILABLE away' });
    assert.equal((await server.inject({ url: '/live', headers: HERE })).statusCode, 200);
    const ready = await server.inject({ url: '/ready', headers: HERE });
    assert.deepEqual(
      [ready.statusCode, ready.json<object>()],
      [503, { ok: false, reason: 'BROKER_UNAVAILABLE away' }],
    );
    const { body } = await server.inject({ url: '/metrics', headers: HERE });
    assert.match(body, /p2i_inspector_requests_total\{route="\/ready",status="503"\} 1/);
    await server.close();
  });

  test('stopping waits for no request that never ends', async () => {
    const server = await inspectorOf();
    const { port } = new URL(await server.listen({ host: '127.0.0.1', port: 0 }));
    const socket = connect(Number(port), '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write('POST /v1/classify HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{');
    const closed = new Promise((resolve) => socket.once('close', resolve));
    await once(server.server, 'connection');
    await server.close();
    await closed;
  });
});
