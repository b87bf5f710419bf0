import { GRAPH_DIMENSIONS } from '../../embeddings/projection.ts';
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
      for (let row = batch.start[p]; row < batch.start[p + 1]; row++) {
        const at = batch.interests[row] * GRAPH_DIMENSIONS;
        let sum = 0;
        for (let k = 0; k < GRAPH_DIMENSIONS; k++) sum += vector[k] * centroids[at + k];
        similarity[row] = sum;
      }
    }
  },
};
