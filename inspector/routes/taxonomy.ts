import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { P2iError } from '../../shared/errors/errors.ts';
import { MAX_INTEREST_ID } from '../../shared/taxonomy/interest.ts';
import type { Taxonomy } from '../../shared/taxonomy/taxonomy.ts';
import type { ApiInterest, ApiInterestDetails, ApiTaxonomy, ExamplePin, IndexState } from '../api.ts';
import { paramsOf, queryOf, wholeNumber } from '../http.ts';
import { searchInterests } from '../interest-search.ts';
import type { Parts } from '../parts.ts';
import type { ResultsFollower } from '../results-follower.ts';
import type { ResultsIndex } from '../results-index.ts';

const VERSION = z.string().min(1).max(64);
const versionParams = z.strictObject({ version: VERSION });
const interestParams = z.strictObject({ version: VERSION, id: wholeNumber(1, MAX_INTEREST_ID) });
const search = z.strictObject({ search: z.string().max(200).optional() });
const noQuery = z.strictObject({});

/** Interests that a search finds at most. */
const MOST_FOUND = 50;
/** Example Pins of an interest. */
const MOST_EXAMPLES = 12;

/** The tree of a taxonomy version, a node at a time, with Pins per node. */
export function taxonomyRoutes(server: FastifyInstance, { classifier, results }: Parts): void {
  const seen = (version: string): Seen => ({
    taxonomy: classifier.artefacts(version).taxonomy,
    index: results?.index(version),
    follower: results,
  });

  server.get('/v1/taxonomies', async (request) => {
    queryOf(request, noQuery);
    const taxonomies = classifier.versions().map((version): ApiTaxonomy => {
      const { taxonomy, index } = seen(version);
      return { version, interests: taxonomy.size, levels: taxonomy.countByLevel(), pins: index?.size ?? 0 };
    });
    return { taxonomies, index: results ? indexState(results) : null };
  });

  server.get('/v1/taxonomies/:version/interests', async (request) => {
    const tree = seen(paramsOf(request, versionParams).version);
    const { search: words } = queryOf(request, search);
    const found =
      words === undefined
        ? Array.from({ length: tree.taxonomy.rootCount }, (_, i) => i)
        : searchInterests(tree.taxonomy, words, MOST_FOUND);
    return {
      interests: found.map((interest) => ({ ...row(tree, interest), path: pathOf(tree.taxonomy, interest) })),
    };
  });

  server.get('/v1/taxonomies/:version/interests/:id', async (request): Promise<ApiInterestDetails> => {
    const { version, id } = paramsOf(request, interestParams);
    queryOf(request, noQuery);
    const tree = seen(version);
    const { taxonomy } = tree;
    const interest = indexOf(taxonomy, id);
    const translations = taxonomy.translations.get(interest) ?? {};
    return {
      interest: row(tree, interest),
      path: pathOf(taxonomy, interest),
      aliases: [...(taxonomy.aliases.get(interest) ?? [])],
      translations: Object.fromEntries(
        Object.entries(translations).map(([tag, names]) => [tag, names.join(', ')]),
      ),
      children: taxonomy.children(interest).map((child) => row(tree, child)),
    };
  });

  server.get('/v1/taxonomies/:version/interests/:id/pins', async (request) => {
    const { version, id } = paramsOf(request, interestParams);
    queryOf(request, noQuery);
    const { taxonomy, index, follower } = seen(version);
    const interest = indexOf(taxonomy, id);
    const pins: ExamplePin[] = [];
    for (const place of index?.places(interest) ?? []) {
      const result = await follower!.read(place);
      const score = result?.interests.find((scored) => scored.id === id)?.score;
      if (score === undefined) continue;
      pins.push({ pin: result!.pin, score, interests: result!.interests.map(({ label }) => label) });
      if (pins.length === MOST_EXAMPLES) break;
    }
    return { pins };
  });
}

/** A taxonomy version with what is counted of it. */
interface Seen {
  taxonomy: Taxonomy;
  index: ResultsIndex | undefined;
  follower: ResultsFollower | undefined;
}

export function indexState({ complete, pins, beyond, bytes }: ResultsFollower): IndexState {
  return { complete, pins, beyond, bytes };
}

function indexOf(taxonomy: Taxonomy, id: number): number {
  const interest = taxonomy.indexOf(id);
  if (interest < 0)
    throw new P2iError('INTEREST_UNKNOWN', `version ${taxonomy.version} has no interest ${id}`);
  return interest;
}

function row({ taxonomy, index, follower }: Seen, interest: number): ApiInterest {
  const counted = follower !== undefined;
  return {
    id: taxonomy.ids[interest],
    name: taxonomy.names[interest],
    level: taxonomy.level[interest],
    children: taxonomy.childStart[interest + 1] - taxonomy.childStart[interest],
    pins: counted ? (index?.pinsOf(interest) ?? 0) : null,
    ownPins: counted ? (index?.ownPinsOf(interest) ?? 0) : null,
    unsafe: taxonomy.unsafe[interest] === 1,
    hidden: taxonomy.hidden[interest] === 1,
  };
}

/** From the root down to the parent. */
function pathOf(taxonomy: Taxonomy, interest: number): { id: number; name: string }[] {
  return taxonomy
    .ancestors(interest)
    .reverse()
    .map((i) => ({ id: taxonomy.ids[i], name: taxonomy.names[i] }));
}
