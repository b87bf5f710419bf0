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
  fill(batch, { generation }, [similarity]) {
    const { centroids } = generation;
    for (let p = 0; p < batch.pins.length; p++) {
      const { vector } = batch.pins[p];
      if (!vector) continue;
      dotProducts(vector, centroids, batch.interests, batch.start[p], batch.start[p + 1], similarity);
    }
  },
};
