import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { emptyGeneration } from '../../shared/cooccurrence/generation.ts';
import { RankingModels } from '../../shared/ranking/ranking-models.ts';
import { MemoryStore } from '../../shared/store/memory.ts';
import { Chain } from '../../shared/stream/chain.ts';
import { PATHS } from '../../cli/paths.ts';
import { taxonomyArtefacts, type TaxonomyArtefacts } from '../../workers/artefacts.ts';
import { chainFor, HeaderChains, type StageArtefacts, type TaxonomyVersions } from '../../workers/chains.ts';
import { StoreGenerations } from '../../workers/generations.ts';
import { TEXT_MODELS } from '../support/text-models.ts';
import { NATURE, taxonomyOf } from './candidates/made.ts';

const nature = taxonomyArtefacts(NATURE, TEXT_MODELS);
const plants = taxonomyArtefacts(taxonomyOf({ 1: [0, 'plants'] }), TEXT_MODELS);
const [first, second] = [nature.taxonomy.version, plants.taxonomy.version];
const models = await RankingModels.load([PATHS.model, PATHS.heldOutModel]);
const [served, tried] = models.versions();

/** Versions of which more may be published; `refresh` takes them up. */
class Versions implements TaxonomyVersions {
  readonly held: TaxonomyArtefacts[];
  readonly published: TaxonomyArtefacts[] = [];
  refreshes = 0;

  constructor(...held: TaxonomyArtefacts[]) {
    this.held = held;
  }

  versions(): string[] {
    return this.held.map(({ taxonomy }) => taxonomy.version);
  }

  artefacts(version: string): TaxonomyArtefacts | undefined {
    return this.held.find(({ taxonomy }) => taxonomy.version === version);
  }

  async refresh(): Promise<void> {
    this.refreshes++;
    this.held.push(...this.published.splice(0));
  }
}

function chains(taxonomies: TaxonomyVersions, options: { models?: RankingModels } = {}) {
  const made: StageArtefacts[] = [];
  const source = new HeaderChains(
    ['candidates'],
    { taxonomies, generations: new StoreGenerations(new MemoryStore()), lane: 'batch', ...options },
    (artefacts) => {
      made.push(artefacts);
      return Chain.of({ name: 'candidates' as const, process: (batch: string) => batch });
    },
  );
  return { source, made };
}

const code = (expected: string) => (error: unknown) => (error as { code?: string }).code === expected;

describe('the stages that a record asks for', () => {
  test('without a version they are those of every live one, and outputs name theirs', async () => {
    const { source, made } = chains(new Versions(nature, plants));
    const selected = await source.select({});
    assert.deepEqual(
      made.map(({ taxonomy }) => taxonomy),
      [nature, plants],
    );
    assert.deepEqual(
      selected.map(({ headers }) => headers),
      [first, second].map((taxonomy) => ({ taxonomy, generation: '0', lane: 'batch' })),
    );
  });

  test('with a version they are of that one, in the lane that the record names', async () => {
    const { source, made } = chains(new Versions(nature, plants));
    const selected = await source.select({ taxonomy: second, lane: 'instant' });
    assert.equal(selected.length, 1);
    assert.equal(made[0].taxonomy, plants);
    assert.equal(made[0].lane, 'instant');
    assert.equal(made[0].generation.number, emptyGeneration(NATURE).number);
  });

  test('they are made once', async () => {
    const { source, made } = chains(new Versions(nature));
    const [one] = await source.select({});
    const [other] = await source.select({ taxonomy: first });
    assert.equal(one.chain, other.chain);
    assert.equal(made.length, 1);
  });

  test('of those made, a worker keeps a few: versions come and go', async () => {
    const many = Array.from({ length: 9 }, (_, i) =>
      taxonomyArtefacts(taxonomyOf({ 1: [0, `plants ${i}`] }), TEXT_MODELS),
    );
    const { source, made } = chains(new Versions(...many));
    await source.select({});
    for (const { taxonomy } of many.slice(1)) await source.select({ taxonomy: taxonomy.version });
    assert.equal(made.length, 9);
    await source.select({ taxonomy: many[0].taxonomy.version });
    assert.equal(made.length, 10);
  });

  test('a version that was published a moment ago is taken up for the record', async () => {
    const versions = new Versions(nature);
    const { source } = chains(versions);
    assert.equal((await source.select({})).length, 1);
    versions.published.push(plants);
    assert.equal((await source.select({ taxonomy: second })).length, 1);
    assert.equal(versions.refreshes, 1);
    assert.equal((await source.select({})).length, 2);
  });

  test('a version that nobody published is TAXONOMY_UNKNOWN, and none at all is waited for', async () => {
    const versions = new Versions(nature);
    await assert.rejects(chains(versions).source.select({ taxonomy: 'x' }), code('TAXONOMY_UNKNOWN'));
    assert.equal(versions.refreshes, 1);
    await assert.rejects(chains(new Versions()).source.select({}), (error: { transient?: boolean }) => {
      return code('TAXONOMY_UNPUBLISHED')(error) && error.transient === true;
    });
  });

  test('they rank with the model that it names, or else with the first', async () => {
    const { source, made } = chains(new Versions(nature), { models });
    const chosen = [];
    for (const headers of [{}, { model: tried }, { model: served }])
      chosen.push((await source.select(headers))[0].chain);
    assert.deepEqual(
      made.map(({ model }) => model?.version),
      [served, tried],
    );
    assert.equal(chosen[0], chosen[2]);
    assert.notEqual(chosen[0], chosen[1]);
    await assert.rejects(source.select({ model: 'other' }), {
      code: 'MODEL_UNKNOWN',
      message: `it names other; this worker holds ${served}, ${tried}`,
    });
  });

  test('of each model as many are kept as a worker with one keeps', async () => {
    const many = Array.from({ length: 8 }, (_, i) =>
      taxonomyArtefacts(taxonomyOf({ 1: [0, `plants ${i}`] }), TEXT_MODELS),
    );
    const { source, made } = chains(new Versions(...many), { models });
    for (let time = 0; time < 2; time++) {
      for (const model of [served, tried]) await source.select({ model });
    }
    assert.equal(made.length, 16);
  });

  test('where none of them ranks, the model is another pool’s concern', async () => {
    const { source, made } = chains(new Versions(nature));
    const [one] = await source.select({ model: served });
    const [other] = await source.select({ model: 'other' });
    assert.equal(one.chain, other.chain);
    assert.equal(made[0].model, undefined);
  });

  test('a generation that is not there yet is waited for', async () => {
    const { source } = chains(new Versions(nature));
    await assert.rejects(source.select({ generation: '7' }), (error: { transient?: boolean }) => {
      return code('GENERATION_UNKNOWN')(error) && error.transient === true;
    });
  });
});

describe('a chain that no header chooses', () => {
  const chain = Chain.of({ name: 'publishing' as const, process: (batch: string) => batch });

  test('works on every record whose version is held, or was published a moment ago', async () => {
    const versions = new Versions(nature);
    versions.published.push(plants);
    const source = chainFor(chain, versions);
    assert.deepEqual(source.names, ['publishing']);
    for (const headers of [{}, { taxonomy: first }, { taxonomy: second }])
      assert.equal((await source.select(headers))[0].chain, chain);
    assert.equal(versions.refreshes, 1);
  });

  test('takes no record of a version that nobody published', async () => {
    await assert.rejects(
      async () => chainFor(chain, new Versions(nature)).select({ taxonomy: 'x' }),
      code('TAXONOMY_UNKNOWN'),
    );
  });
});
