/** One value to write: a key of a space, with its new bytes. */
export interface Put {
  space: string;
  key: number;
  value: Uint8Array;
}

/** What `apply` changes, all of it or nothing. */
export interface Change {
  puts: Iterable<Put>;
  /** Spaces to empty before the puts. */
  clear?: readonly string[];
  /** Small named values, such as the offset that this change brings the state to. */
  marks?: Readonly<Record<string, string>>;
}

/**
 * A keyed store of bytes: batched get, atomic apply. Spaces are named tables; keys are the 53-bit hashes of
 * shared/cooccurrence/hash.ts. Every implementation passes test/shared/store/conformance.ts.
 *
 * Errors: STORE_UNAVAILABLE where the store cannot be opened, read or written.
 */
export interface Store {
  /** The value of each key, in the order asked; undefined where there is none. Values are the caller's own copy. */
  get(space: string, keys: ArrayLike<number>): (Uint8Array | undefined)[];
  /** Every pair of a space, in ascending order of key. */
  scan(space: string): Iterable<readonly [key: number, value: Uint8Array]>;
  /** Writes all of the change durably, or nothing. */
  apply(change: Change): void;
  /** A value that an `apply` marked, if any. */
  mark(name: string): string | undefined;
  /** Resolves where the store can be used now. */
  ready(): Promise<void>;
  close(): Promise<void>;
}
