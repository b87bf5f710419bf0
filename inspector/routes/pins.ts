import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { P2iError } from '../../shared/errors/errors.ts';
import { PIN_LIMITS } from '../../shared/pins/parse.ts';
import type { Pin } from '../../shared/pins/pin.ts';
import type { PinInterests } from '../../workers/publishing/topic.ts';
import type { FoundPin, PinResult } from '../api.ts';
import type { Classifier } from '../classifier.ts';
import { paramsOf } from '../http.ts';
import type { Parts } from '../parts.ts';
import { Turns } from '../turns.ts';
import { parentOf } from './classify.ts';

const params = z.strictObject({ id: z.string().min(1).max(PIN_LIMITS.idCharacters) });

/** Searches that wait at once: each may read for seconds. */
const MOST_SEARCHES = 8;

/** GET /v1/pins/:id: a Pin of the corpus, with the results that stand for it. */
export function pinRoutes(server: FastifyInstance, { classifier, pins, results }: Parts): void {
  const turns = new Turns(MOST_SEARCHES);

  server.get('/v1/pins/:id', (request) =>
    turns.take(async (): Promise<FoundPin> => {
      const { id } = paramsOf(request, params);
      const { pin, complete } = await pins.find(id);
      const standing = (await results?.results(id)) ?? [];
      if (pin === undefined && standing.length === 0) {
        const where = complete ? 'no Pin has this id' : 'no Pin of this id was found in the time there is';
        throw new P2iError('PIN_UNKNOWN', where, { where: id });
      }
      return {
        ...{ id, complete, pin: pin === undefined ? null : documentOf(pin) },
        results: standing.map((result) => resultOf(result, classifier)),
      };
    }),
  );
}

/** As docs/pins.md has it, so that it can be handed in again. */
function documentOf({ embedding, ...pin }: Pin): object {
  return { ...pin, embedding: embedding && Array.from(embedding) };
}

function resultOf(
  { taxonomy: version, pinVersion, lane, run, model, time, interests }: PinInterests,
  classifier: Classifier,
): PinResult {
  const { taxonomy } = classifier.artefacts(version);
  return {
    ...{ taxonomy: version, pinVersion, lane, run, model, time },
    interests: interests.map((interest) => {
      const index = taxonomy.indexOf(interest.id);
      return { ...interest, parent: index < 0 ? null : parentOf(taxonomy, index) };
    }),
  };
}
