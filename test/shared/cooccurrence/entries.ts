import {
  ENTRY_HEADER,
  ENTRY_IDF,
  ENTRY_LOG_TRUST,
  ENTRY_PINS,
  ENTRY_SIZE,
} from '../../../shared/cooccurrence/arena.ts';
import type { Generation } from '../../../shared/cooccurrence/generation.ts';
import { GRAPH_DIMENSIONS } from '../../../shared/embeddings/projection.ts';

/** An entry of a generation, taken out of its memory. */
export interface PlainEntry {
  pins: number;
  trust: number;
  idf: number;
  interests: Int32Array;
  share: Float32Array;
  logLift: Float32Array;
}

/** What a generation knows of a term. */
export function termOf(generation: Generation, hash: number): PlainEntry | undefined {
  return plain(generation, generation.term(hash));
}

/** What a generation knows of a board. */
export function boardOf(
  generation: Generation,
  hash: number,
): (PlainEntry & { vector: Float32Array }) | undefined {
  const entry = generation.board(hash);
  const known = plain(generation, entry);
  if (known === undefined) return undefined;
  const from = Math.abs(entry) + ENTRY_HEADER + 3 * known.interests.length;
  return { ...known, vector: generation.memory(entry).floats.slice(from, from + GRAPH_DIMENSIONS) };
}

function plain(generation: Generation, entry: number): PlainEntry | undefined {
  if (entry === 0) return undefined;
  const { ints, floats, doubles } = generation.memory(entry);
  const at = Math.abs(entry);
  const size = ints[at + ENTRY_SIZE];
  const first = at + ENTRY_HEADER;
  return {
    pins: ints[at + ENTRY_PINS],
    trust: Math.expm1(doubles[at / 2 + ENTRY_LOG_TRUST]),
    idf: doubles[at / 2 + ENTRY_IDF],
    interests: ints.slice(first, first + size),
    share: floats.slice(first + size, first + 2 * size),
    logLift: floats.slice(first + 2 * size, first + 3 * size),
  };
}
