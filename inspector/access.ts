import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { P2iError } from '../shared/errors/errors.ts';

/** How the inspector is bound, and what it asks for. */
export interface AccessOptions {
  /** The address that it listens at. */
  host: string;
  /** What whoever uses it must know; undefined: anybody on this machine may. */
  token: string | undefined;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route answers without a token. */
    open?: boolean;
  }
}

const COOKIE = 'p2i-session';
const SESSION_S = 12 * 3600;
/** Sessions that are remembered; the oldest give way. */
const MOST_SESSIONS = 1000;
/** Wrong tokens within a minute after which none is looked at. */
const MOST_FAILURES = 10;
const MINUTE_MS = 60_000;

/** True where the address is this machine's own. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/**
 * Who may ask for what.
 *
 * With a token, a request has it as a bearer, or a session's cookie that it was traded for: HttpOnly, so that no script
 * reads it, and SameSite=Strict, so that no other site sends it. Without one, the inspector is bound to this machine, and a
 * request must call it by a name of this machine: else another site's name could be pointed at it. What changes something
 * must come from the page itself, or from no page.
 */
export class Access {
  readonly #options: AccessOptions;
  /** By the hash of a session's id: when it ends, ms. */
  readonly #sessions = new Map<string, number>();
  #failures: number[] = [];

  /** @throws P2iError CONFIG_INVALID where it would be open to other machines, or the token could be guessed */
  constructor(options: AccessOptions) {
    const { host, token } = options;
    if (token === undefined && !isLoopback(host)) {
      const message = 'another address than this machine’s own needs a token: P2I_TOKEN or P2I_TOKEN_FILE';
      throw new P2iError('CONFIG_INVALID', message, { where: `--host ${host}` });
    }
    if (token !== undefined && token.length < MIN_TOKEN)
      throw new P2iError('CONFIG_INVALID', `the token has fewer than ${MIN_TOKEN} characters`);
    this.#options = options;
  }

  /** Refuses what another site may have sent. @throws P2iError ACCESS_DENIED */
  checkSite(request: FastifyRequest): void {
    if (this.#options.token === undefined) this.#checkHost(request);
    if (!SAFE.has(request.method)) checkOrigin(request);
  }

  /** The request has a token, or none is asked for. */
  admitted(request: FastifyRequest): boolean {
    const { token } = this.#options;
    if (token === undefined) return true;
    const { authorization } = request.headers;
    if (authorization !== undefined) return isBearer(authorization, token);
    const ends = this.#sessions.get(hashOf(sessionOf(request)));
    return ends !== undefined && ends > Date.now();
  }

  get asksForToken(): boolean {
    return this.#options.token !== undefined;
  }

  /** Trades a token for a session. @throws P2iError ACCESS_DENIED; OVERLOADED after too many wrong ones */
  begin(token: string, request: FastifyRequest, reply: FastifyReply): void {
    const now = Date.now();
    this.#failures = this.#failures.filter((at) => at > now - MINUTE_MS);
    if (this.#failures.length >= MOST_FAILURES)
      throw new P2iError('OVERLOADED', 'too many wrong tokens; try again in a minute');
    if (this.#options.token === undefined || !isEqual(token, this.#options.token)) {
      this.#failures.push(now);
      throw new P2iError('ACCESS_DENIED', 'this is not the token');
    }
    const id = randomBytes(32).toString('base64url');
    if (this.#sessions.size >= MOST_SESSIONS) this.#sessions.delete(this.#sessions.keys().next().value!);
    this.#sessions.set(hashOf(id), now + SESSION_S * 1000);
    setCookie(request, reply, id, SESSION_S);
  }

  /** Ends the request's session. */
  end(request: FastifyRequest, reply: FastifyReply): void {
    this.#sessions.delete(hashOf(sessionOf(request)));
    setCookie(request, reply, '', 0);
  }

  #checkHost(request: FastifyRequest): void {
    const host = hostOf(`http://${request.headers.host ?? ''}`);
    const name = host?.hostname.replace(/^\[|\]$/g, '');
    if (name === undefined || (!isLoopback(name) && name !== this.#options.host))
      throw new P2iError('ACCESS_DENIED', 'the inspector is not called by a name of this machine');
  }
}

const MIN_TOKEN = 16;
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

/** What a browser sends for another site is refused; other programs send neither header. */
function checkOrigin(request: FastifyRequest): void {
  const { origin, host } = request.headers;
  const site = request.headers['sec-fetch-site'];
  const foreign = site !== undefined && site !== 'same-origin' && site !== 'none';
  if (foreign || (origin !== undefined && hostOf(origin)?.host !== hostOf(`http://${host ?? ''}`)?.host))
    throw new P2iError('ACCESS_DENIED', 'the request comes from another site');
}

function hostOf(url: string): URL | undefined {
  return URL.parse(url) ?? undefined;
}

function sessionOf(request: FastifyRequest): string {
  const cookies = (request.headers.cookie ?? '').split(';').map((cookie) => cookie.trim().split('='));
  return cookies.find(([name]) => name === COOKIE)?.[1] ?? '';
}

function setCookie(request: FastifyRequest, reply: FastifyReply, value: string, seconds: number): void {
  // Behind a proxy that speaks TLS, the cookie never goes out without it.
  const secure = request.headers['x-forwarded-proto'] === 'https' ? '; Secure' : '';
  void reply.header(
    'set-cookie',
    `${COOKIE}=${value}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Strict${secure}`,
  );
}

function isBearer(authorization: string, token: string): boolean {
  const [scheme, given = ''] = authorization.split(' ', 2);
  return scheme.toLowerCase() === 'bearer' && isEqual(given, token);
}

/** Takes the same time wherever the texts differ. */
function isEqual(a: string, b: string): boolean {
  return timingSafeEqual(sha256(a), sha256(b));
}

function hashOf(session: string): string {
  return sha256(session).toString('base64url');
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
