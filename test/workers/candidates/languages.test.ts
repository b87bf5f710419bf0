import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { PATHS } from '../../../cli/paths.ts';
import { emptyGeneration } from '../../../shared/cooccurrence/generation.ts';
import type { CandidateBatch } from '../../../shared/candidates/batch.ts';
import { VOCABULARY } from '../../../shared/language/vocabulary.ts';
import type { Pin } from '../../../shared/pins/pin.ts';
import { Languages } from '../../../shared/translation/languages.ts';
import { taxonomyArtefacts } from '../../../workers/artefacts.ts';
import { CandidateStage } from '../../../workers/candidates/stage.ts';
import { pinOf } from '../../support/pin.ts';
import { TEXT_MODELS } from '../../support/text-models.ts';
import { annotation, idsOf, NATURE } from './made.ts';

const languages = await Languages.load(PATHS.languages);
const artefacts = taxonomyArtefacts(NATURE, { ...TEXT_MODELS, languages });
const openStage = (): CandidateStage =>
  new CandidateStage({ ...artefacts, generation: emptyGeneration(NATURE) });
const used = openStage();

/** What a Pin may take, however bad its text. */
const MOST_MS = 1000;

const run = (letters: string, length: number): string => letters.repeat(Math.ceil(length / letters.length));

/** Text that nobody writes on purpose. */
const BAD: Readonly<Record<string, string>> = {
  'scripts mixed in one word': 'Pferdลม馬лошадь말חוסsusi',
  'marks of direction': '\u202eHorse\u202c \u200f\u2067סוס\u2069 \u200ePferd',
  'directions that nobody closes': run('\u202e\u2066', 5000),
  'emoji with joiners': run('👩‍👩‍👧‍👦🏳️‍🌈👨🏽‍🚀❤️‍🔥', 5000),
  'joiners alone': run('\u200d\u200c', 5000),
  'a word whose letters joiners part': [...'Pferdestall'].join('\u200d'),
  'unpaired surrogates': `\ud800Pferd\udc00 \udbff\udbff ${run('\udfff\ud83d', 1000)}`,
  'a long Latin word': run('donaudampfschifffahrt', 10_000),
  'a long Latin word of one letter': run('a', 10_000),
  'a long Thai word': run('ม้าแม่น้ำปราสาท', 10_000),
  'a long Japanese word': run('馬山川城ウマ', 10_000),
  'a long Korean word': run('말강산성', 10_000),
  'a flood of accents': `z${run('\u0337\u0310\u0489', 5000)}a\u0337l\u0337g\u0337o\u0337`,
  'a flood of accents on a Thai letter': `น${run('\u0e49\u0e4d', 5000)}`,
  'accents on nothing': run('\u0301', 5000),
  'NUL characters': '\0Pferd\0\0Stall\0',
  'nothing but spaces of all kinds': run('\u3000\u00a0\u2003\t\n', 1000),
};

/** Tags that a Pin may state, of languages that P2I reads and of others, and none. */
const TAGS: readonly (string | null)[] = [
  ...languages.tags,
  ...['xx', 'tlh', 'DE', 'pt-BR', 'zh-Hant-TW', '', '-', 'de-', '🏳️‍🌈', '\ud800', 'constructor'],
  null,
];

/** A Pin with the text in each of its fields. */
const everywhere = (text: string, language: string | null): Pin =>
  pinOf({
    ...{ id: 'bad', title: text, description: text, language, annotations: [annotation(text)] },
    boards: [{ id: 'board', name: text }],
  });

const NEIGHBOURS: readonly Pin[] = [
  pinOf({ id: 'de', title: 'Pferde am Fluss', description: 'ein Schloss in den Bergen', language: 'de' }),
  pinOf({ id: 'ja', title: '川と山の馬' }),
  pinOf({ id: 'en', title: 'a castle by the river', annotations: [annotation('horse')] }),
];

const alone = used.process({ pins: [...NEIGHBOURS] });

/** All that candidate generation says of Pin `p`. */
function saidOf(batch: CandidateBatch, p: number): unknown {
  const [from, to] = [batch.start[p], batch.start[p + 1]];
  const width = batch.evidence.length / batch.interests.length;
  return {
    pin: batch.pins[p],
    interests: batch.interests.slice(from, to),
    sources: batch.sources.slice(from, to),
    evidence: batch.evidence.slice(from * width, to * width),
  };
}

describe('Pins in all languages', () => {
  test('the neighbours of bad Pins are about something', () => {
    NEIGHBOURS.forEach((_, p) => assert.ok(idsOf(alone, p).length > 0, NEIGHBOURS[p].title));
  });

  for (const [what, text] of Object.entries(BAD)) {
    test(`${what}, in any language, neither stop nor slow a batch, nor change the results of neighbours`, () => {
      for (const language of TAGS) {
        const start = performance.now();
        const batch = used.process({
          pins: [NEIGHBOURS[0], everywhere(text, language), ...NEIGHBOURS.slice(1)],
        });
        const ms = performance.now() - start;
        assert.ok(ms < MOST_MS, `${language}: ${Math.round(ms)} ms`);
        assert.equal(batch.pins[1].id, 'bad');
        for (const [p, place] of [0, 2, 3].entries())
          assert.deepEqual(saidOf(batch, place), saidOf(alone, p), `${language}: ${NEIGHBOURS[p].title}`);
      }
    });
  }

  test('a language that nobody knows is as good as none', () => {
    for (const { title, description } of NEIGHBOURS) {
      const [none, ...others] = [null, 'xx', 'tlh', ''].map((language) => {
        const said = used.process({ pins: [pinOf({ title, description, language })] });
        return { ...said, pins: said.pins.map((pin) => ({ ...pin, language: null })) };
      });
      for (const other of others) assert.deepEqual(other, none);
    }
  });

  test('a stage reads on where the words that it knew were forgotten', () => {
    const { epoch } = VOCABULARY;
    for (let i = 0; VOCABULARY.epoch === epoch; i++) {
      VOCABULARY.numberOf(`w${i}`);
      VOCABULARY.trim();
    }
    assert.deepEqual(used.process({ pins: [...NEIGHBOURS] }), alone);
  });

  test('any text in any field and language means the same to a stage that has read much and to a new one', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.string({ unit: 'grapheme', maxLength: 60 }),
      fc
        .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 30 })
        .map((units) => String.fromCharCode(...units)),
      fc
        .array(fc.constantFrom(...Object.values(BAD), 'Pferd', '馬', 'ม้า', '말', 'hevonen', ' ', '-'), {
          maxLength: 6,
        })
        .map((parts) => parts.join('').slice(0, 2000)),
    );
    const terms = fc.array(text, { maxLength: 3 }).map((all) => all.map((term) => annotation(term)));
    const boards = fc
      .array(text, { maxLength: 2 })
      .map((names) => names.map((name, b) => ({ id: `board ${b}`, name })));
    const language = fc.constantFrom(...TAGS);
    const pin = fc
      .record({ title: text, description: text, annotations: terms, boards, language })
      .map((fields) => pinOf(fields));
    fc.assert(
      fc.property(pin, (one) => {
        const pins = [one];
        assert.deepEqual(used.process({ pins }), openStage().process({ pins }));
      }),
      { numRuns: 200 },
    );
  });
});
