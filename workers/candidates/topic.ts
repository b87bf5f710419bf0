import type { CandidateBatch, CandidatePin } from '../../shared/candidates/batch.ts';
import { EVIDENCE, EVIDENCE_WIDTH } from '../../shared/candidates/evidence.ts';
import { sliceCandidates } from '../../shared/candidates/split.ts';
import { P2iError } from '../../shared/errors/errors.ts';
import { countsOf, pack, startsOf, unpack } from '../../shared/registry/packed.ts';
import type { Registry } from '../../shared/registry/registry.ts';
import type { BatchTopic } from '../../shared/stream/binding.ts';
import { interestIds, interestIndexes } from '../interest-ids.ts';
import type { TaxonomySource } from '../taxonomy-source.ts';

type WirePin = Omit<CandidatePin, 'wordIdf' | 'terms' | 'boards' | 'vector'> & {
  wordIdf: Buffer;
  terms: Buffer;
  boards: Buffer;
  vector: Buffer | null;
};

interface WireBatch {
  taxonomy: string;
  pins: WirePin[];
  counts: Buffer;
  interests: Buffer;
  sources: Buffer;
  evidence: Buffer;
  evidenceNames: readonly string[];
}

/** Candidate batches on p2i-candidates: ids in place of dense indexes, evidence in columns. */
export function candidatesTopic(registry: Registry, taxonomies: TaxonomySource): BatchTopic<CandidateBatch> {
  const codec = registry.codec<WireBatch>('p2i-candidates');
  return {
    topic: 'p2i-candidates',
    encode: (batch) =>
      codec.encode({
        taxonomy: batch.taxonomy,
        pins: batch.pins.map((pin) => ({
          ...pin,
          wordIdf: pack(pin.wordIdf),
          terms: pack(pin.terms),
          boards: pack(pin.boards),
          vector: pin.vector && pack(pin.vector),
        })),
        counts: pack(countsOf(batch.start)),
        interests: pack(interestIds(batch.interests, taxonomies.taxonomy(batch.taxonomy))),
        sources: pack(batch.sources),
        evidence: pack(transpose(batch.evidence, EVIDENCE_WIDTH)),
        evidenceNames: EVIDENCE,
      }),
    decode(value, where) {
      const wire = codec.decode(value, where);
      if (String(wire.evidenceNames) !== String(EVIDENCE)) {
        throw new P2iError('SCHEMA_MISMATCH', 'its evidence is not what this version computes', { where });
      }
      const evidence = unpack(Float32Array, wire.evidence);
      return {
        taxonomy: wire.taxonomy,
        pins: wire.pins.map((pin) => ({
          ...pin,
          wordIdf: unpack(Float32Array, pin.wordIdf),
          terms: unpack(Float64Array, pin.terms),
          boards: unpack(Float64Array, pin.boards),
          vector: pin.vector && unpack(Float32Array, pin.vector),
        })),
        start: startsOf(unpack(Uint16Array, wire.counts)),
        interests: interestIndexes(wire, taxonomies.taxonomy(wire.taxonomy, where), where),
        sources: unpack(Uint16Array, wire.sources),
        evidence: transpose(evidence, evidence.length / EVIDENCE_WIDTH),
      };
    },
    size: ({ pins }) => pins.length,
    split(batch) {
      const middle = batch.pins.length >> 1;
      return [sliceCandidates(batch, 0, middle), sliceCandidates(batch, middle, batch.pins.length)];
    },
    pinId: ({ pins }) => pins[0].id,
  };
}

/** A matrix of rows of `width` values, column after column. */
function transpose(matrix: Float32Array, width: number): Float32Array {
  const rows = matrix.length / width || 0;
  const columns = new Float32Array(matrix.length);
  for (let column = 0; column < width; column++) {
    for (let row = 0; row < rows; row++) columns[column * rows + row] = matrix[row * width + column];
  }
  return columns;
}
