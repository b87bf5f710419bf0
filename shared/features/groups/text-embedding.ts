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
  fill(batch, { names, textVectors }, [similarity]) {
    const d = textVectors.dimensions;
    const pinVector = new Float32Array(d);
    for (let p = 0; p < batch.pins.length; p++) {
      const pin = batch.pins[p];
      if (!textVectors.embed(pin.words, pin.wordIdf, pinVector)) continue;
      dotProducts(pinVector, names.vectors, batch.interests, batch.start[p], batch.start[p + 1], similarity);
    }
  },
};
