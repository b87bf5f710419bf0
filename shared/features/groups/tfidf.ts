import { StringTable } from '../../arrays/string-table.ts';
import { LANES, type FeatureGroup } from '../feature.ts';
import { UNKNOWN_IDF, type InterestNames } from '../interest-names.ts';

/** The words of the names in the Pin in hand. */
interface PinWords {
  numberOf: StringTable;
  /** By word of the names: its idf in the Pin, NaN where the Pin lacks it. */
  idf: Float32Array;
  /** Those that it does not lack. */
  found: number[];
}

/** Kept from batch to batch: of a batch of one Pin nothing else takes as much memory. */
const PIN_WORDS = new WeakMap<InterestNames, PinWords>();

function pinWordsOf(names: InterestNames): PinWords {
  let words = PIN_WORDS.get(names);
  if (words === undefined) {
    const idf = new Float32Array(names.idf.length).fill(NaN);
    words = { numberOf: new StringTable(names.table), idf, found: [] };
    PIN_WORDS.set(names, words);
  }
  return words;
}

/** The Pin is the document, the interest's name the query (Salton & Buckley 1988). */
export const tfidf: FeatureGroup = {
  name: 'tfidf',
  features: [
    {
      name: 'tfidfCosine',
      unit: 'cosine',
      meaning: "cosine of the Pin's words and the words of the interest's name, each weighed by idf",
      lanes: LANES,
    },
    {
      name: 'nameIdfFound',
      unit: 'share',
      meaning: "share of the name's idf that the Pin's words hold",
      lanes: LANES,
    },
    {
      name: 'interestIdf',
      unit: 'log2, whole',
      meaning: 'how rare the interest is in the corpus, in powers of two, too coarse to tell interests apart',
      lanes: LANES,
    },
  ],
  fill({ pins, start, interests }, { names }, [cosine, found, interestIdf]) {
    const { idf, words, rarity } = names;
    const { numberOf, idf: pinIdf, found: inPin } = pinWordsOf(names);
    for (let p = 0; p < pins.length; p++) {
      for (const number of inPin) pinIdf[number] = NaN;
      inPin.length = 0;
      const pin = pins[p];
      let pinNorm = 0;
      for (let w = 0; w < pin.words.length; w++) {
        const value = Number.isNaN(pin.wordIdf[w]) ? UNKNOWN_IDF : pin.wordIdf[w];
        pinNorm += value * value;
        const number = numberOf.find(pin.words[w]);
        if (number < 0) continue;
        pinIdf[number] = value;
        inPin.push(number);
      }
      for (let row = start[p]; row < start[p + 1]; row++) {
        const interest = interests[row];
        const end = names.start[interest + 1];
        let shared = 0;
        let sharedIdf = 0;
        let nameNorm = 0;
        let nameIdf = 0;
        for (let w = names.start[interest]; w < end; w++) {
          const own = pinIdf[words[w]];
          if (Number.isNaN(own)) {
            const value = idf[words[w]];
            nameNorm += value * value;
            nameIdf += value;
          } else {
            nameNorm += own * own;
            nameIdf += own;
            shared += own * own;
            sharedIdf += own;
          }
        }
        cosine[row] = pinNorm === 0 || nameNorm === 0 ? NaN : shared / Math.sqrt(pinNorm * nameNorm);
        found[row] = pinNorm === 0 || nameIdf === 0 ? NaN : sharedIdf / nameIdf;
        interestIdf[row] = rarity[interest];
      }
    }
  },
};
