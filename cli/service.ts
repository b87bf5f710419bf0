import { Option, type Command } from 'commander';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import { P2iError } from '../shared/errors/errors.ts';
import { HealthServer } from '../shared/observability/health.ts';
import type { ServiceState } from '../shared/stream/serve.ts';
import { integerOption } from './program.ts';

/*
 * What the commands have in common that run until they are asked to stop.
 */

const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;

export interface ServiceOptions {
  host: string;
  port?: number;
  grace: number;
  logLevel: (typeof LOG_LEVELS)[number];
}

/** Adds where health is served, how long stopping may take, and what is logged. Each option is an environment variable too. */
export function addServiceOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--port <number>', 'serve /live, /ready and /metrics here')
        .argParser(integerOption(0, 65535))
        .env('P2I_PORT'),
    )
    .addOption(
      new Option('--host <address>', 'address to serve them at').default('127.0.0.1').env('P2I_HOST'),
    )
    .addOption(
      new Option('--grace <seconds>', 'after SIGTERM, end the batch in hand within this time')
        .argParser(integerOption(1, 3600))
        .default(25)
        .env('P2I_GRACE'),
    )
    .addOption(
      new Option('--log-level <level>', 'of the JSON lines on the standard error')
        .choices(LOG_LEVELS)
        .default('info')
        .env('P2I_LOG_LEVEL'),
    );
}

/** Aborts at the first SIGTERM or SIGINT; ends the process when it has not ended by itself in time. */
export function untilAskedToStop(logger: Logger, graceSeconds: number): AbortSignal {
  const controller = new AbortController();
  const stop = (signal: NodeJS.Signals): void => {
    logger.info({ signal }, 'stopping: the batch in hand is ended');
    controller.abort();
    setTimeout(() => {
      logger.error({ seconds: graceSeconds }, 'not stopped in time: what is in hand is given up');
      process.exit(1);
    }, graceSeconds * 1000).unref();
  };
  process.once('SIGTERM', stop).once('SIGINT', stop);
  return controller.signal;
}

/** A service whose loop has not come round for so long is stuck: only a restart helps. */
const STUCK_MS = 120_000;
/** How long a probe waits for what the service needs, ms. */
const PROBE_MS = 3000;

/** For `/live`. A service that fails and tries again is no stuck one. */
export function liveness({ lastStep }: ServiceState): string | undefined {
  const stuck = Date.now() - lastStep > STUCK_MS;
  return stuck ? 'no step has ended for too long' : undefined;
}

/**
 * For `/ready`.
 *
 * @param probe asks what the service needs whether it is there; undefined while it starts
 * @param silent says what it was that did not answer
 */
export async function readiness(
  { failing }: ServiceState,
  probe: (() => Promise<unknown>) | undefined,
  silent: string,
): Promise<string | undefined> {
  if (failing !== undefined) return reasonOf(failing);
  if (probe === undefined) return 'starting';
  const late = new Promise<string>((resolve) => {
    setTimeout(() => resolve(silent), PROBE_MS).unref();
  });
  return Promise.race([probe().then(() => undefined, reasonOf), late]);
}

export interface HealthServing {
  options: ServiceOptions;
  logger: Logger;
  prometheus: Registry;
  state: ServiceState;
  /** As readiness has it; it returns undefined while the service starts. */
  probe: () => (() => Promise<unknown>) | undefined;
  /** As readiness has it. */
  silent: string;
}

/** Serves health and metrics until it is disposed of; does nothing where no port was asked for. */
export async function serveHealth(serving: HealthServing): Promise<AsyncDisposable> {
  const { options, logger, prometheus, state, probe, silent } = serving;
  const { host, port } = options;
  if (port === undefined) return new AsyncDisposableStack();
  const health = await HealthServer.listen({
    ...{ host, port, prometheus },
    live: async () => liveness(state),
    ready: () => readiness(state, probe(), silent),
  });
  logger.info({ port: health.port }, 'serving /live, /ready and /metrics');
  return { [Symbol.asyncDispose]: () => health.close() };
}

function reasonOf(error: unknown): string {
  if (error instanceof P2iError) return `${error.code} ${error.message}`;
  return error instanceof Error ? error.message : String(error);
}
