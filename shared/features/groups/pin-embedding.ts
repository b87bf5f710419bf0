import { dotProducts } from '../../embeddings/dot-products.ts';
import { LANES, type FeatureGroup } from '../feature.ts';

/** The Pin's vector from the Pin–board graph, or its own embedding, against the interest's centroid. */
export const pinEmbedding: FeatureGroup = {
  name: 'pin-embedding',
  features: [
    {
      name: 'centroidSimilarity',
      unit: 'cosine',
      meaning: "cosine of the Pin's vector and the centroid of the Pins that match the interest precisely",
      lanes: LANES,
    },
  ],
  fill({ pins, start, interests }, { generation: { centroids } }, [similarity]) {
    for (let p = 0; p < pins.length; p++) {
      const { vector } = pins[p];
      if (vector) dotProducts(vector, centroids, interests, start[p], start[p + 1], similarity);
      else similarity.fill(NaN, start[p], start[p + 1]);
    }
  },
};
