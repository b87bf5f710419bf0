/** Views of one memory: an entry's numbers are found in each of them by its place. */
export interface EntryMemory<B extends ArrayBufferLike = ArrayBufferLike> {
  readonly ints: Int32Array<B>;
  readonly floats: Float32Array<B>;
  readonly doubles: Float64Array<B>;
}

/*
 * An entry is at an even place `at` of the ints and floats: its key, an unsigned number of Pins, its size, its idf and its
 * logTrust; behind them as many interests (ints), their shares and their log lifts (floats) as the size says, then a
 * board's vector. What the store does not have is an entry of the size ABSENT, which ends with that.
 */
/** Of the ints, from `at` on. */
export const ENTRY_PINS = 2;
export const ENTRY_SIZE = 3;
export const ENTRY_HEADER = 8;
/** Of the doubles, from `at / 2` on. */
export const ENTRY_IDF = 2;
export const ENTRY_LOG_TRUST = 3;

const ABSENT = -1;
const ABSENT_ROOM = 4;

/** Of a shared memory: where the next entry goes, how many there are; then the table begins. */
const NEXT = 0;
const COUNT = 1;
const TABLE = 2;

/** Bytes of an entry with the few interests that most have: what the table is made for. */
const TYPICAL_ENTRY = 160;

/** Memory for the entries of an arena, of that many bytes. Pages are taken up only as they are written. */
export function entryMemory(bytes: number): SharedArrayBuffer {
  const memory = new SharedArrayBuffer(bytes);
  const ints = new Int32Array(memory);
  ints[NEXT] = TABLE + slotsOf(bytes);
  return memory;
}

function slotsOf(bytes: number): number {
  return 2 ** Math.floor(Math.log2(bytes / TYPICAL_ENTRY));
}

/**
 * Decoded entries by key, in memory that threads share. All may read and add at once, without locks: room is taken by an
 * atomic addition, and an entry is published, when it is written, by an atomic exchange of its slot in an open-addressing
 * table. Of two threads that add the same key, one wins; both wrote the same, so that only the room is lost.
 *
 * Nothing is ever removed. When the memory is full, what it lacks goes to a scratch memory of the thread, until `forget`:
 * terms follow Zipf's law, so that those seen first are those seen most.
 */
export class EntryArena {
  readonly #shared: EntryMemory<SharedArrayBuffer>;
  readonly #mask: number;
  #scratch: EntryMemory = viewsOf(new ArrayBuffer(0));
  #scratchEnd = 2;

  /** @param memory of `entryMemory` */
  constructor(memory: SharedArrayBuffer) {
    this.#shared = viewsOf(memory);
    this.#mask = slotsOf(memory.byteLength) - 1;
  }

  /**
   * What is known of a key: undefined where nothing was added, 0 where it is absent from the store.
   * Otherwise the entry: negative where it is in the scratch.
   */
  find(key: number): number | undefined {
    const { ints, doubles } = this.#shared;
    const mask = this.#mask;
    for (let slot = key & mask; ; slot = (slot + 1) & mask) {
      const at = Atomics.load(ints, TABLE + slot);
      if (at === 0) return undefined;
      if (doubles[at >> 1] === key) return ints[at + ENTRY_SIZE] === ABSENT ? 0 : at;
    }
  }

  /** The memory that holds an entry. It is there at the entry's absolute value. */
  memory(entry: number): EntryMemory {
    return entry < 0 ? this.#scratch : this.#shared;
  }

  /** Remembers that the store does not have a key. */
  addAbsent(key: number): void {
    const at = this.#take(ABSENT_ROOM);
    if (at === 0) return;
    this.#shared.ints[at + ENTRY_SIZE] = ABSENT;
    this.#publish(key, at);
  }

  /**
   * Adds what `write` writes: everything but the key, and the size, which is given.
   * @param length numbers behind the header
   */
  add(key: number, size: number, length: number, write: (memory: EntryMemory, at: number) => void): number {
    const room = (ENTRY_HEADER + length + 1) & ~1;
    const shared = this.#take(room);
    const at = shared === 0 ? this.#takeScratch(room) : shared;
    const memory = shared === 0 ? this.#scratch : this.#shared;
    memory.ints[at + ENTRY_SIZE] = size;
    write(memory, at);
    return shared === 0 ? -at : this.#publish(key, at);
  }

  /** Makes the scratch free for others; its entries are no more. */
  forget(): void {
    this.#scratchEnd = 2;
  }

  /** Takes room of that many ints in the shared memory; 0 where it is full. */
  #take(room: number): number {
    const { ints } = this.#shared;
    // Looked at first, so that a full memory's end does not grow for ever.
    if (Atomics.load(ints, NEXT) + room > ints.length) return 0;
    if (Atomics.load(ints, COUNT) > (this.#mask >> 2) * 3) return 0;
    const at = Atomics.add(ints, NEXT, room);
    if (at + room > ints.length) return 0;
    Atomics.add(ints, COUNT, 1);
    return at;
  }

  #takeScratch(room: number): number {
    const at = this.#scratchEnd;
    this.#scratchEnd += room;
    if (this.#scratchEnd > this.#scratch.ints.length) {
      const grown = viewsOf(new ArrayBuffer(Math.max(2 ** 16, this.#scratchEnd * 8)));
      grown.ints.set(this.#scratch.ints);
      this.#scratch = grown;
    }
    return at;
  }

  /** Returns the entry of the key: another thread's, where that was first. */
  #publish(key: number, at: number): number {
    const { ints, doubles } = this.#shared;
    doubles[at >> 1] = key;
    const mask = this.#mask;
    for (let slot = key & mask; ; slot = (slot + 1) & mask) {
      const there = Atomics.compareExchange(ints, TABLE + slot, 0, at);
      if (there === 0) return at;
      if (doubles[there >> 1] === key) return there;
    }
  }
}

function viewsOf<B extends ArrayBufferLike>(buffer: B): EntryMemory<B> {
  return {
    ints: new Int32Array(buffer),
    floats: new Float32Array(buffer),
    doubles: new Float64Array(buffer),
  };
}
