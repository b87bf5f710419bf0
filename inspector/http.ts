import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { ERRORS, P2iError, type ErrorCode } from '../shared/errors/errors.ts';
import type { Failure } from './api.ts';

/** Status of a failure, where it is not that of its kind. */
const STATUS: Partial<Record<ErrorCode, number>> = {
  ACCESS_DENIED: 403,
  PIN_UNKNOWN: 404,
  INTEREST_UNKNOWN: 404,
  TAXONOMY_UNKNOWN: 404,
  PIN_TOO_LARGE: 413,
  INTERNAL: 500,
  LOG_CORRUPT: 500,
  LOG_UNAVAILABLE: 500,
  BROKER_REFUSED: 500,
  ARTEFACT_INVALID: 500,
  MODEL_INVALID: 500,
};

/** What a failure is told as. */
export interface FailureReply {
  status: number;
  body: Failure;
}

/** Any error as a reply. What is not known is told as INTERNAL, without its words: they may hold anything. */
export function failureOf(error: unknown): FailureReply {
  const { code, message, status } = described(error);
  const fallback = ERRORS[code].transient ? 503 : 400;
  return {
    status: status ?? STATUS[code] ?? fallback,
    body: { code, message, action: ERRORS[code].action },
  };
}

function described(error: unknown): { code: ErrorCode; message: string; status?: number } {
  if (error instanceof P2iError) return { code: error.code, message: error.message };
  if (error instanceof z.ZodError) return { code: 'REQUEST_INVALID', message: z.prettifyError(error) };
  const { statusCode, message } = error as { statusCode?: number; message?: string };
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return { code: 'REQUEST_INVALID', message: message ?? '', status: statusCode };
  return { code: 'INTERNAL', message: 'the request failed; the inspector’s log says why' };
}

/** What is asked for in the address. @throws z.ZodError */
export function queryOf<T extends z.ZodType>(request: FastifyRequest, schema: T): z.infer<T> {
  return schema.parse(request.query);
}

/** The parts of the path. @throws z.ZodError */
export function paramsOf<T extends z.ZodType>(request: FastifyRequest, schema: T): z.infer<T> {
  return schema.parse(request.params);
}

/** A whole number from the address. */
export function wholeNumber(min: number, max: number): z.ZodType<number> {
  return z.coerce.number().int().min(min).max(max);
}
