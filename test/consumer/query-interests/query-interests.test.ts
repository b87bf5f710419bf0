import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { PATHS } from '../../../cli/paths.ts';
import {
  MAX_QUERY_CHARACTERS,
  QueryInterests,
  type QueryArtefacts,
  type ScoredInterest,
} from '../../../consumer/query-interests/index.ts';
import { Generation } from '../../../shared/cooccurrence/generation.ts';
import type { Pin } from '../../../shared/pins/pin.ts';
import { readTate } from '../../../shared/pins/tate.ts';
import { RankingModel } from '../../../shared/ranking/ranking-model.ts';
import { LmdbStore } from '../../../shared/store/lmdb.ts';
import { parseTaxonomy, readTaxonomy } from '../../../shared/taxonomy/read.ts';
import type { Taxonomy } from '../../../shared/taxonomy/taxonomy.ts';
import {
  featureContext,
  readTextModels,
  taxonomyArtefacts,
  type TaxonomyArtefacts,
} from '../../../workers/artefacts.ts';
import { CandidateStage } from '../../../workers/candidates/stage.ts';
import { CooccurrenceSink } from '../../../workers/cooccurrence/sink.ts';
import { FeatureStage } from '../../../workers/features/stage.ts';
import { scoredInterests } from '../../../workers/publishing/topic.ts';
import { RankingStage } from '../../../workers/ranking/stage.ts';
import { rejects } from '../../support/assertions.ts';
import { pinOf } from '../../support/pin.ts';
import { smallTaxonomy } from '../../support/small-taxonomy.ts';

/** Languages that are loaded: all take seconds. */
const LANGUAGES = ['de', 'en', 'ja'];

describe('the interests of a query', () => {
  let directory: string;
  let paths: QueryArtefacts & { taxonomy: string; cooccurrence: string };
  let pins: Pin[];
  let artefacts: TaxonomyArtefacts;
  let queries: QueryInterests;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'p2i-queries-'));
    const languages = join(directory, 'languages');
    await mkdir(languages);
    for (const tag of LANGUAGES)
      await cp(join(PATHS.languages, tag), join(languages, tag), { recursive: true });
    const taxonomy = join(directory, 'taxonomy.jsonl');
    await writeFile(taxonomy, await smallTaxonomy());
    const { model, textVectors } = PATHS;
    paths = { taxonomy, model, languages, textVectors, cooccurrence: join(directory, 'cooccurrence') };
    pins = (await readTate(PATHS.tate)).pins.filter((_, i) => i % 200 === 0);
    artefacts = taxonomyArtefacts(await readTaxonomy(taxonomy), await readTextModels(paths));
    await learn(1);
    queries = await QueryInterests.open(paths);
  });

  after(async () => {
    await queries.close();
    await rm(directory, { recursive: true });
  });

  /** Builds a generation of the store from the Pins. */
  async function learn(generation: number, taxonomy: Taxonomy = artefacts.taxonomy): Promise<void> {
    const store = new LmdbStore(paths.cooccurrence);
    const empty = new Generation(store, taxonomy, 0);
    const out = new CandidateStage({ ...artefacts, generation: empty }).process({ pins });
    const sink = new CooccurrenceSink(store, generation, taxonomy);
    sink.apply([{ out, offset: 0, headers: {} }], { topic: 'p2i-pins', partition: 0, nextOffset: 1 });
    sink.seal();
    await store.close();
  }

  /** What the pipeline's stages make of a Pin that has that title alone, in the instant lane. */
  async function classified(
    titles: readonly string[],
    language: string | null = null,
  ): Promise<ScoredInterest[][]> {
    const store = new LmdbStore(paths.cooccurrence);
    const { taxonomy } = artefacts;
    const generation = new Generation(store, taxonomy);
    const candidates = new CandidateStage({ ...artefacts, generation });
    const features = new FeatureStage(featureContext(artefacts, generation), 'instant');
    const ranking = new RankingStage(await RankingModel.load(PATHS.model), taxonomy);
    const batch = { pins: titles.map((title, i) => pinOf({ id: `pin-${i}`, version: 9, title, language })) };
    const ranked = ranking.process(features.process(candidates.process(batch)));
    await store.close();
    return ranked.pins.map(({ interests }) => scoredInterests(interests, taxonomy));
  }

  test('are those of a Pin with that title, to the bit, whatever was asked before', async () => {
    const titles = pins.map(({ title }) => title).filter(({ length }) => length <= MAX_QUERY_CHARACTERS);
    const all = [...titles, 'Segelboote am Strand', 'Burgruine', '雪の積もった山', 'Sailing baots', 'ὕδωρ'];
    const expected = await classified(all);
    assert.ok(expected.filter(({ length }) => length > 0).length > 150);
    assert.deepEqual(
      all.map((text) => queries.queryToInterests(text)),
      expected,
    );
    const backwards = all.toReversed().map((text) => queries.queryToInterests(text));
    assert.deepEqual(backwards, expected.toReversed());
  });

  test('read the text in the language that is stated', async () => {
    const words = ['Architektur', 'Kunst', 'Religion und Glaube', 'Natur'];
    const inLanguage = (tag: string): ScoredInterest[][] =>
      words.map((text) => queries.queryToInterests(text, tag));
    assert.deepEqual(inLanguage('de-AT'), await classified(words, 'de-AT'));
    assert.deepEqual(inLanguage('en'), await classified(words, 'en'));
    assert.notDeepEqual(inLanguage('de-AT'), inLanguage('en'));
  });

  test('are none where nothing is asked, or nothing that the taxonomy has', () => {
    for (const text of ['', ' \t\n\u3000', '?!', 'xqzzt'])
      assert.deepEqual(queries.queryToInterests(text), []);
  });

  test('take what is no Unicode for U+FFFD', () => {
    const expected = queries.queryToInterests('castle \ufffd by a lake');
    assert.ok(expected.length > 0);
    assert.deepEqual(queries.queryToInterests('castle \ud83d by a lake'), expected);
  });

  test('are those of the whole words at the beginning, of a long text', () => {
    const fits = `${'landscape '.repeat(25)}is`;
    assert.equal(fits.length, MAX_QUERY_CHARACTERS - 4);
    const expected = queries.queryToInterests(fits);
    assert.ok(expected.length > 0);
    for (const more of [' church', ' mountain river', ` church${' dog'.repeat(100_000)}`])
      assert.deepEqual(queries.queryToInterests(fits + more), expected);
    assert.notDeepEqual(queries.queryToInterests(`${fits} sky`), expected);
    assert.deepEqual(
      queries.queryToInterests('城'.repeat(1000)),
      queries.queryToInterests('城'.repeat(MAX_QUERY_CHARACTERS)),
    );
    const half = `${'a'.repeat(MAX_QUERY_CHARACTERS - 1)}😀`;
    assert.deepEqual(queries.queryToInterests(half), queries.queryToInterests(half.slice(0, -2)));
  });

  test('refuse a language that is no tag', () => {
    assert.throws(() => queries.queryToInterests('castle', 'no tag'), {
      code: 'PIN_INVALID',
      where: 'the query',
    });
  });

  test('come best first, each once, with all their ancestors, of any text', () => {
    const words = fc.constantFrom(
      'castle',
      'Strand',
      '山',
      'dogs',
      'ruind',
      'of',
      'red',
      '1890',
      '\ud800',
      '😀',
    );
    const text = fc.oneof(
      fc.array(words, { maxLength: 30 }).map((all) => all.join(' ')),
      fc.string({ unit: 'binary' }),
    );
    fc.assert(
      fc.property(text, (query) => {
        const interests = queries.queryToInterests(query);
        const ids = new Set(interests.map(({ id }) => id));
        assert.equal(ids.size, interests.length);
        const { taxonomy } = queries;
        interests.forEach(({ id, level, label, score }, i) => {
          const index = taxonomy.indexOf(id);
          assert.deepEqual([level, label], [taxonomy.level[index], taxonomy.names[index]]);
          assert.ok(score > 0 && score <= 1 && (i === 0 || score <= interests[i - 1].score));
          for (const above of taxonomy.ancestors(index)) assert.ok(ids.has(taxonomy.ids[above]));
        });
      }),
      { numRuns: 50 },
    );
  });

  test('are what it names alone where nothing was learned', async () => {
    const { model, languages, textVectors } = paths;
    const { taxonomy } = artefacts;
    const lexical = await QueryInterests.open({ taxonomy, model, languages, textVectors });
    assert.equal(lexical.generation, 0);
    const named = lexical.queryToInterests('landscape');
    assert.ok(named.some(({ label }) => label === 'landscape'));
    assert.notDeepEqual(named, queries.queryToInterests('landscape'));
    await lexical.close();
  });

  test('know the next generation, and the next taxonomy version, once they are taken up', async () => {
    const before = queries.queryToInterests('landscape');
    await learn(2);
    await nextTurn();
    assert.equal(queries.generation, 1);
    queries.takeUp();
    assert.equal(queries.generation, 2);
    assert.deepEqual(queries.queryToInterests('landscape'), before);

    const renamed = (await smallTaxonomy()).toString().replace('"landscape"', '"vistas"');
    queries.takeUp(parseTaxonomy(Buffer.from(renamed), 'renamed', 'v2'));
    assert.deepEqual([queries.taxonomy.version, queries.generation], ['v2', 2]);
    assert.ok(queries.queryToInterests('vistas').some(({ label }) => label === 'vistas'));
    queries.takeUp(artefacts.taxonomy);
    assert.deepEqual(queries.queryToInterests('landscape'), before);
  });

  test('cannot be had from a store that is not there, and none is made', async () => {
    const cooccurrence = join(directory, 'nowhere');
    await rejects('STORE_UNAVAILABLE', QueryInterests.open({ ...paths, cooccurrence }));
    await rejects('STORE_UNAVAILABLE', QueryInterests.open({ ...paths, cooccurrence }));
  });
});
