import type { FastifyInstance } from 'fastify';
import { PATHS } from '../../cli/paths.ts';
import { Access } from '../../inspector/access.ts';
import { Classifier } from '../../inspector/classifier.ts';
import type { Parts } from '../../inspector/parts.ts';
import { PinList } from '../../inspector/pin-source.ts';
import { createInspector, type InspectorOptions } from '../../inspector/server.ts';
import { oneGeneration, oneVersion } from '../../inspector/sources.ts';
import { emptyGeneration } from '../../shared/cooccurrence/generation.ts';
import { createLogger } from '../../shared/observability/logger.ts';
import { RankingModel } from '../../shared/ranking/ranking-model.ts';
import type { Taxonomy } from '../../shared/taxonomy/taxonomy.ts';
import { taxonomyArtefacts } from '../../workers/artefacts.ts';
import { pinOf } from '../support/pin.ts';
import { TEXT_MODELS } from '../support/text-models.ts';
import { NATURE } from '../workers/candidates/made.ts';

/** A Pin that the inspectors made here find. */
export const CASTLE = pinOf({ id: 'N1', version: 3, title: 'A castle by a river', createdAt: 1000 });

const model = await RankingModel.load(PATHS.model);

/** A classifier over a small taxonomy, with no co-occurrence. */
export function classifierOf(taxonomy: Taxonomy = NATURE): Classifier {
  const artefacts = taxonomyArtefacts(taxonomy, TEXT_MODELS);
  return new Classifier({
    ...{ model, taxonomies: oneVersion(artefacts) },
    generations: oneGeneration(artefacts, emptyGeneration(taxonomy)),
  });
}

/** An inspector of a small taxonomy and one Pin, on this machine alone, unless it is told otherwise. */
export function inspectorOf(
  parts: Partial<Parts> = {},
  options: Partial<InspectorOptions> = {},
): Promise<FastifyInstance> {
  return createInspector({
    access: new Access({ host: '127.0.0.1', token: undefined }),
    parts: { source: 'sample', classifier: classifierOf(), pins: new PinList([CASTLE]), ...parts },
    logger: createLogger('silent'),
    ready: async () => undefined,
    ...options,
  });
}

/** A request of this machine, from no page. */
export const HERE = { host: 'localhost:8080' };
