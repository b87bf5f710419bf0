import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Candidate, Explanation } from '../../quality/explain.ts';
import { P2iError } from '../../shared/errors/errors.ts';
import { LANES } from '../../shared/features/feature.ts';
import { FEATURES } from '../../shared/features/table.ts';
import { parsePin } from '../../shared/pins/parse.ts';
import type { Pin } from '../../shared/pins/pin.ts';
import type { Taxonomy } from '../../shared/taxonomy/taxonomy.ts';
import type { RankedPin } from '../../workers/ranking/stage.ts';
import type { ApiExplanation, ApiFeature, Classified, ClassifiedPin, PinInterest } from '../api.ts';
import type { OpenClassifier } from '../classifier.ts';
import { queryOf, wholeNumber } from '../http.ts';
import type { Parts } from '../parts.ts';
import { Turns } from '../turns.ts';

/** Pins of one call: they keep the thread for some tens of milliseconds. */
const MOST_PINS = 200;
/** Calls that wait at once: more would wait for longer than anybody likes. */
const MOST_CALLS = 32;

const query = z.strictObject({
  lane: z.enum(LANES).default('instant'),
  taxonomy: z.string().min(1).max(64).optional(),
  explain: z.enum(['none', 'candidates', 'all']).default('none'),
  interest: wholeNumber(1, 2 ** 31 - 1).optional(),
});

type Query = z.infer<typeof query>;

const batch = z.strictObject({ pins: z.array(z.unknown()).min(1).max(MOST_PINS) });

/** POST /v1/classify, GET /v1/features. */
export function classifyRoutes(server: FastifyInstance, { classifier }: Parts): void {
  const turns = new Turns(MOST_CALLS);

  server.post('/v1/classify', async (request): Promise<Classified> => {
    const asked = queryOf(request, query);
    const pins = pinsOf(request.body);
    if (asked.explain !== 'none' && pins.length > 1)
      throw new P2iError('REQUEST_INVALID', 'one Pin is explained at a time', { where: 'explain' });
    return turns.take(async () => {
      const open = await classifier.open(asked.lane, asked.taxonomy);
      const start = performance.now();
      const classified = classify(open, pins, asked);
      return {
        taxonomy: open.artefacts.taxonomy.version,
        model: classifier.model.version,
        generation: open.generation,
        lane: asked.lane,
        milliseconds: Math.round(10 * (performance.now() - start)) / 10,
        pins: classified,
      };
    });
  });

  const features = FEATURES.map(({ name, group, meaning, unit }): ApiFeature => ({
    ...{ name, group, meaning, unit },
  }));
  server.get('/v1/features', async () => features);
}

/** The Pin that a body is, or the Pins that it has. @throws P2iError PIN_INVALID, PIN_TOO_LARGE; z.ZodError */
function pinsOf(body: unknown): Pin[] {
  const several = typeof body === 'object' && body !== null && Object.hasOwn(body, 'pins');
  if (!several) return [parsePin(body, 'the body').pin];
  return batch.parse(body).pins.map((pin, i) => parsePin(pin, `pins[${i}]`).pin);
}

function classify({ artefacts, explainer }: OpenClassifier, pins: Pin[], asked: Query): ClassifiedPin[] {
  const { taxonomy } = artefacts;
  const classified = explainer.rank(pins).pins.map((pin) => classifiedPin(pin, taxonomy));
  if (asked.explain === 'candidates')
    classified[0].explanation = explanationOf(explainer.candidates(pins[0]));
  if (asked.explain === 'all')
    classified[0].explanation = explanationOf(explainer.explain(pins[0], asked.interest));
  return classified;
}

function classifiedPin({ id, version, interests }: RankedPin, taxonomy: Taxonomy): ClassifiedPin {
  return {
    pin: id,
    pinVersion: version,
    interests: interests.map(({ interest, score }): PinInterest => ({
      id: taxonomy.ids[interest],
      level: taxonomy.level[interest],
      score,
      label: taxonomy.names[interest],
      parent: parentOf(taxonomy, interest),
    })),
  };
}

/** The id of an interest's parent; null for a root. @param interest a dense index */
export function parentOf({ ids, parent }: Taxonomy, interest: number): number | null {
  return parent[interest] < 0 ? null : ids[parent[interest]];
}

function explanationOf(explanation: Explanation<Candidate> | Explanation): ApiExplanation {
  const { translations, words, cut, expected, candidates } = explanation;
  return {
    translations: translations.map(({ field, text, languages, english }) => ({
      ...{ field, text, english: english.join(' ') },
      languages: languages.map(({ tag }) => tag),
    })),
    ...{ words, cut, expected, candidates },
  };
}
