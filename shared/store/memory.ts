import type { Change, Store } from './store.ts';

/** A store that lives and dies with the process: training's cross-fitting folds, and tests. */
export class MemoryStore implements Store {
  readonly #spaces = new Map<string, Map<number, Uint8Array>>();
  readonly #marks = new Map<string, string>();

  get(space: string, keys: ArrayLike<number>): (Uint8Array | undefined)[] {
    const table = this.#spaces.get(space);
    return Array.from(keys, (key) => table?.get(key)?.slice());
  }

  *scan(space: string): Iterable<readonly [number, Uint8Array]> {
    const table = this.#spaces.get(space);
    if (!table) return;
    const keys = Float64Array.from(table.keys()).sort();
    for (const key of keys) yield [key, table.get(key)!.slice()];
  }

  apply(change: Change): void {
    // Copied out first: a generator that throws half way must leave nothing behind.
    const puts = Array.from(change.puts, ({ space, key, value }) => ({ space, key, value: value.slice() }));
    for (const space of change.clear ?? []) this.#spaces.delete(space);
    for (const { space, key, value } of puts) {
      let table = this.#spaces.get(space);
      if (!table) this.#spaces.set(space, (table = new Map<number, Uint8Array>()));
      table.set(key, value);
    }
    for (const [name, value] of Object.entries(change.marks ?? {})) this.#marks.set(name, value);
  }

  mark(name: string): string | undefined {
    return this.#marks.get(name);
  }

  async ready(): Promise<void> {}

  async close(): Promise<void> {}
}
