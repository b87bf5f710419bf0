import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { ERRORS, type P2iError } from '../../shared/errors/errors.ts';
import { decodeValue } from '../../workers/dead-letters/decoded.ts';
import {
  letterId,
  letterOf,
  type LetterFilter,
  type LetterSource,
} from '../../workers/dead-letters/letters.ts';
import { listed, listLetters, type ListedLetter } from '../../workers/dead-letters/list.ts';
import {
  LEFT,
  planRedrive,
  redrive,
  type Left,
  type RedrivePlan,
} from '../../workers/dead-letters/redrive.ts';
import type { ApiLetter, ApiLetterDetails, ApiLetters, ApiRedrive } from '../api.ts';
import { paramsOf, queryOf, wholeNumber } from '../http.ts';
import type { Parts } from '../parts.ts';
import { Turns } from '../turns.ts';

const LETTER_ID = z.string().regex(/^\d{1,9}@\d{1,15}$/);
const NAME = z.string().min(1).max(250);
const TIME = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));

const filter = { stage: NAME.optional(), code: NAME.optional(), topic: NAME.optional() };
const times = { since: TIME.optional(), until: TIME.optional() };
const listQuery = z.strictObject({ ...filter, ...times, limit: wholeNumber(1, 1000).default(50) });
const letterParams = z.strictObject({ id: LETTER_ID });

const redriveBody = z.union([
  z.strictObject({ ids: z.array(LETTER_ID).min(1).max(10_000), dryRun: z.boolean() }),
  z.strictObject({
    ...filter,
    ...times,
    maxAttempts: z.int().min(1).max(1000).default(3),
    limit: z.int().min(1).optional(),
    dryRun: z.boolean(),
  }),
]);

/** Ids of a plan that are told. */
const IDS_TOLD = 100;
/** Bytes of a letter that are shown where nothing more is known of them. */
const HEAD_BYTES = 256;
/** Reads of the topic that wait at once. */
const MOST_READS = 8;

/** Dead letters: list, show, redrive. What `p2i dlq` does. */
export function deadLetterRoutes(server: FastifyInstance, source: NonNullable<Parts['letters']>): void {
  const turns = new Turns(MOST_READS);
  const counting = (): { source: LetterSource; unreadable: () => number } => {
    const errors: P2iError[] = [];
    return {
      source: { ...source, onUnreadable: (error) => errors.push(error) },
      unreadable: () => errors.length,
    };
  };

  server.get('/v1/dead-letters', (request): Promise<ApiLetters> => {
    const { limit, ...chosen } = queryOf(request, listQuery);
    return turns.take(async () => {
      const { source: letters, unreadable } = counting();
      const list = await listLetters(letters, filterOf(chosen), limit);
      return {
        letters: list.letters.map(letterOfList).reverse(),
        counts: list.counts,
        unreadable: unreadable(),
      };
    });
  });

  server.get('/v1/dead-letters/:id', (request): Promise<ApiLetterDetails> => {
    const { id } = paramsOf(request, letterParams);
    return turns.take(async () => {
      const stored = await letterOf(source, id);
      const { letter } = stored;
      return {
        ...letterOfList(listed(stored)),
        action: ERRORS[letter.code]?.action ?? 'this version does not know that code',
        key: letter.key,
        time: isoTime(letter.time),
        headers: letter.headers,
        decoded: await decodeValue(source.registry, letter.value),
        head: Buffer.from(letter.value).toString('hex', 0, HEAD_BYTES),
      };
    });
  });

  server.post('/v1/dead-letters/redrive', (request): Promise<ApiRedrive> => {
    const body = redriveBody.parse(request.body);
    const limits = 'ids' in body ? { maxAttempts: 1 } : limitsOf(body);
    const chosen = 'ids' in body ? { ids: new Set(body.ids) } : filterOf(body);
    return turns.take(async () => {
      const plan = await planRedrive(counting().source, chosen, limits);
      const redriven = body.dryRun ? 0 : await redrive(source, plan);
      return redriveOf(plan, body.dryRun, redriven);
    });
  });
}

function limitsOf({ maxAttempts, limit }: { maxAttempts: number; limit?: number | undefined }): {
  maxAttempts: number;
  limit?: number;
} {
  return { maxAttempts, ...(limit !== undefined && { limit }) };
}

type Chosen = { [K in 'stage' | 'code' | 'topic']?: string | undefined } & {
  [K in 'since' | 'until']?: number | undefined;
};

function filterOf({ stage, code, topic, since, until }: Chosen): LetterFilter {
  return Object.fromEntries(
    Object.entries({ stage, code, topic, since, until }).filter(([, value]) => value !== undefined),
  );
}

function letterOfList({ id, failed, redriven, letter, bytes }: ListedLetter): ApiLetter {
  const { stage, code, message, topic, partition, offset, pinId, attempts } = letter;
  return {
    ...{ id, stage, code, message, pinId, attempts, bytes },
    failedAt: isoTime(failed),
    redrivenAt: redriven === undefined ? null : isoTime(redriven),
    place: `${topic}-${partition}@${offset}`,
  };
}

function redriveOf({ going, kinds, left }: RedrivePlan, dryRun: boolean, redriven: number): ApiRedrive {
  const ids = [...going].flatMap(([partition, offsets]) =>
    offsets.map((offset) => letterId(partition, offset)),
  );
  return {
    ...{ dryRun, redriven, going: ids.length },
    ids: ids.slice(0, IDS_TOLD),
    kinds: [...kinds],
    left: Object.entries(left)
      .filter(([, letters]) => letters > 0)
      .map(([why, letters]) => ({ reason: LEFT[why as Left], letters })),
  };
}

function isoTime(time: number): string {
  return new Date(time).toISOString();
}
