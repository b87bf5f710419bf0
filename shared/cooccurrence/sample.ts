import type { PinFacts } from './facts.ts';

/** The most Pins that a board's sample holds: the standard error of a share of 0.1 is then below 0.01. */
export const SAMPLE_SIZE = 1000;

/** A sampled Pin of a board. */
export interface SampledPin {
  pin: number;
  version: number;
  trust: number;
  boards: Float64Array;
  interests: Int32Array;
  weights: Int32Array;
}

/**
 * A deterministic sample of a board's Pins: those with the k smallest hashes (bottom-k sampling, Cohen & Kaplan 2007).
 * The union of samples is the sample of the union, so the order of arrival does not matter and a replay changes nothing.
 */
export interface BoardSample {
  /** Ascending by hash of the Pin. */
  pins: SampledPin[];
  /** True where the board has Pins that the sample leaves out. */
  truncated: boolean;
}

export function sampledPin(facts: PinFacts): SampledPin {
  const { pin, version, trust, boards, interests, weights } = facts;
  return { pin, version, trust, boards, interests, weights };
}

/** The sample of the union. Of a Pin in both, the newer version stays; of equal versions the second sample's. */
export function mergeSamples(a: BoardSample, b: BoardSample, size: number = SAMPLE_SIZE): BoardSample {
  const pins: SampledPin[] = [];
  let i = 0;
  let j = 0;
  while (pins.length < size && (i < a.pins.length || j < b.pins.length)) {
    const left = a.pins[i]?.pin ?? Infinity;
    const right = b.pins[j]?.pin ?? Infinity;
    if (left < right) pins.push(a.pins[i++]);
    else if (right < left) pins.push(b.pins[j++]);
    else {
      pins.push(a.pins[i].version > b.pins[j].version ? a.pins[i] : b.pins[j]);
      i++;
      j++;
    }
  }
  return { pins, truncated: a.truncated || b.truncated || i < a.pins.length || j < b.pins.length };
}

/** A sample from Pins in any order; of a Pin given twice, the newer version, or the later of equal versions. */
export function sampleOf(facts: readonly SampledPin[], size: number = SAMPLE_SIZE): BoardSample {
  const sorted = facts.map((entry, order) => ({ entry, order }));
  sorted.sort((a, b) => a.entry.pin - b.entry.pin || b.entry.version - a.entry.version || b.order - a.order);
  const pins: SampledPin[] = [];
  for (const { entry } of sorted) if (entry.pin !== pins.at(-1)?.pin) pins.push(entry);
  return { pins: pins.slice(0, size), truncated: pins.length > size };
}

const PIN_HEADER = 8 + 8 + 4 + 2 + 2;

/**
 * Bytes, little endian: u8 truncated · u32 n · n × (f64 pin · f64 version · u32 trust · u16 b boards · u16 i interests ·
 * b × f64 board · i × u32 interest · i × u32 weight).
 */
export function encodeSample(sample: BoardSample): Uint8Array {
  let length = 5;
  for (const pin of sample.pins) length += PIN_HEADER + pin.boards.length * 8 + pin.interests.length * 8;
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, sample.truncated ? 1 : 0);
  view.setUint32(1, sample.pins.length, true);
  let at = 5;
  for (const pin of sample.pins) {
    view.setFloat64(at, pin.pin, true);
    view.setFloat64(at + 8, pin.version, true);
    view.setUint32(at + 16, pin.trust, true);
    view.setUint16(at + 20, pin.boards.length, true);
    view.setUint16(at + 22, pin.interests.length, true);
    at += PIN_HEADER;
    for (const board of pin.boards) {
      view.setFloat64(at, board, true);
      at += 8;
    }
    for (let i = 0; i < pin.interests.length; i++) {
      view.setUint32(at, pin.interests[i], true);
      view.setUint32(at + 4, pin.weights[i], true);
      at += 8;
    }
  }
  return bytes;
}

export function decodeSample(bytes: Uint8Array): BoardSample {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const truncated = view.getUint8(0) === 1;
  const n = view.getUint32(1, true);
  const pins: SampledPin[] = new Array<SampledPin>(n);
  let at = 5;
  for (let k = 0; k < n; k++) {
    const boards = new Float64Array(view.getUint16(at + 20, true));
    const interests = new Int32Array(view.getUint16(at + 22, true));
    const weights = new Int32Array(interests.length);
    pins[k] = {
      pin: view.getFloat64(at, true),
      version: view.getFloat64(at + 8, true),
      trust: view.getUint32(at + 16, true),
      boards,
      interests,
      weights,
    };
    at += PIN_HEADER;
    for (let i = 0; i < boards.length; i++, at += 8) boards[i] = view.getFloat64(at, true);
    for (let i = 0; i < interests.length; i++, at += 8) {
      interests[i] = view.getUint32(at, true);
      weights[i] = view.getUint32(at + 4, true);
    }
  }
  return { pins, truncated };
}
