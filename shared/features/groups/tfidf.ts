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
  fill(batch, { generation, names }, [cosine, found, interestIdf]) {
    const idfByWord = new Map<string, number>();
    for (let p = 0; p < batch.pins.length; p++) {
      const pin = batch.pins[p];
      idfByWord.clear();
      let pinNorm = 0;
      for (let w = 0; w < pin.words.length; w++) {
        const idf = Number.isNaN(pin.wordIdf[w]) ? UNKNOWN_IDF : pin.wordIdf[w];
        idfByWord.set(pin.words[w], idf);
        pinNorm += idf * idf;
      }
      for (let row = batch.start[p]; row < batch.start[p + 1]; row++) {
        const interest = batch.interests[row];
        const base = generation.baseRate[interest];
        if (base > 0) interestIdf[row] = Math.round(-Math.log2(base));
        if (pinNorm === 0) continue;
        let shared = 0;
        let sharedIdf = 0;
        let nameNorm = 0;
        let nameIdf = 0;
        for (let w = names.start[interest]; w < names.start[interest + 1]; w++) {
          const pinIdf = idfByWord.get(names.words[w]);
          const idf = pinIdf ?? names.idf[w];
          nameNorm += idf * idf;
          nameIdf += idf;
          if (pinIdf !== undefined) {
            shared += idf * idf;
            sharedIdf += idf;
          }
        }
        cosine[row] = nameNorm === 0 ? NaN : shared / Math.sqrt(pinNorm * nameNorm);
        found[row] = nameIdf === 0 ? NaN : sharedIdf / nameIdf;
      }
    }
  },
};
