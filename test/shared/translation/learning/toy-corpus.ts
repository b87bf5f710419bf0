import {
  corpusOf,
  type ParallelCorpus,
  type ParallelPhrase,
} from '../../../../shared/translation/learning/corpus.ts';

/** Phrases of a toy language that puts compounds together as German does. */
export const PHRASES: readonly ParallelPhrase[] = Object.entries({
  'rote Schuhe': 'red shoes',
  'rote Jacken': 'red jackets',
  'rote Hosen': 'red trousers',
  'rote Lampen': 'red lamps',
  'blaue Schuhe': 'blue shoes',
  'blaue Jacken': 'blue jackets',
  'blaue Hosen': 'blue trousers',
  'gruene Schuhe': 'green shoes',
  'gruene Jacken': 'green jackets',
  Schuhe: 'shoes',
  Jacken: 'jackets',
  Hosen: 'trousers',
  Betten: 'beds',
  Stuehle: 'chairs',
  Lampen: 'lamps',
  Kinderschuhe: 'children’s shoes',
  Kinderjacken: 'children’s jackets',
  Kinderhosen: 'children’s trousers',
  Kinderbetten: 'children’s beds',
  Kinderstuehle: 'children’s chairs',
  Kinderlampen: 'children’s lamps',
  Gartenschuhe: 'garden shoes',
  Gartenstuehle: 'garden chairs',
  Gartenlampen: 'garden lamps',
  Gartenbetten: 'garden beds',
  'Schuhe fuer Kinder': 'shoes for children',
  'Jacken fuer Kinder': 'jackets for children',
  'Lampen fuer den Garten': 'lamps for the garden',
  'Stuehle fuer den Garten': 'chairs for the garden',
  'kurze Hosen': 'shorts',
  'rote kurze Hosen': 'red shorts',
  'blaue kurze Hosen': 'blue shorts',
  'die Schuhe': 'shoes',
  'die Lampen': 'lamps',
  'die Jacken': 'jackets',
  'die Hosen': 'trousers',
}).map(([phrase, english]) => ({ phrase, english }));

export const CORPUS: ParallelCorpus = corpusOf(PHRASES);

/** The likeliest of what is counted. */
export function likeliestOf(counts: ReadonlyMap<string, number> | undefined): string | undefined {
  return [...(counts ?? [])].sort((a, b) => b[1] - a[1])[0]?.[0];
}
