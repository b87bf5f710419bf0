import { StringTable } from '../../arrays/string-table.ts';
import { LANES, type FeatureGroup } from '../feature.ts';
import { UNKNOWN_IDF } from '../interest-names.ts';

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
  fill(batch, { generation, names: { table, idf, start, words } }, [cosine, found, interestIdf]) {
    const { interests } = batch;
    const { baseRate } = generation;
    const numberOf = new StringTable(table);
    /** By word of the names: its idf to the Pin in hand; 0: the Pin lacks it. */
    const pinIdf = new Float64Array(idf.length);
    const inPin: number[] = [];
    for (let p = 0; p < batch.pins.length; p++) {
      const pin = batch.pins[p];
      let pinNorm = 0;
      for (let w = 0; w < pin.words.length; w++) {
        const value = Number.isNaN(pin.wordIdf[w]) ? UNKNOWN_IDF : pin.wordIdf[w];
        pinNorm += value * value;
        const number = numberOf.find(pin.words[w]);
        if (number < 0) continue;
        pinIdf[number] = value;
        inPin.push(number);
      }
      for (let row = batch.start[p]; row < batch.start[p + 1]; row++) {
        const interest = interests[row];
        const base = baseRate[interest];
        if (base > 0) interestIdf[row] = Math.round(-Math.log2(base));
        if (pinNorm === 0) continue;
        let shared = 0;
        let sharedIdf = 0;
        let nameNorm = 0;
        let nameIdf = 0;
        for (let w = start[interest]; w < start[interest + 1]; w++) {
          const own = pinIdf[words[w]];
          const value = own > 0 ? own : idf[words[w]];
          nameNorm += value * value;
          nameIdf += value;
          if (own > 0) {
            shared += value * value;
            sharedIdf += value;
          }
        }
        cosine[row] = nameNorm === 0 ? NaN : shared / Math.sqrt(pinNorm * nameNorm);
        found[row] = nameIdf === 0 ? NaN : sharedIdf / nameIdf;
      }
      for (const number of inPin) pinIdf[number] = 0;
      inPin.length = 0;
    }
  },
};
