import { dotProducts } from '../../embeddings/dot-products.ts';
import { LANES, type FeatureGroup } from '../feature.ts';

/** The Pin's text and the interest's name in one space of word vectors. */
export const textEmbedding: FeatureGroup = {
  name: 'text-embedding',
  features: [
    {
      name: 'textSimilarity',
      unit: 'cosine',
      meaning: "cosine of the vectors of the Pin's words and of the interest's name",
      lanes: LANES,
    },
  ],
  fill({ pins, start, interests }, { names: { vectors }, textVectors }, [similarity]) {
    const vector = new Float32Array(textVectors.dimensions);
    for (let p = 0; p < pins.length; p++) {
      if (textVectors.embed(pins[p].words, pins[p].wordIdf, vector))
        dotProducts(vector, vectors, interests, start[p], start[p + 1], similarity);
      else similarity.fill(NaN, start[p], start[p + 1]);
    }
  },
};
