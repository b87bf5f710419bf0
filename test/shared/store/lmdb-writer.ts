/**
 * Applies change after change to the store named on the command line until it is killed; prints a line when it begins.
 * Change n writes n to every key of both spaces and to the mark.
 */
import { LmdbStore } from '../../../shared/store/lmdb.ts';

export const KEYS = 200;

if (import.meta.main) {
  const store = new LmdbStore(process.argv[2]);
  process.stdout.write('writing\n');
  for (let n = Number(store.mark('change') ?? 0) + 1; ; n++) {
    const value = Buffer.alloc(256, String(n).padEnd(16));
    store.apply({
      clear: ['terms'],
      puts: (function* () {
        for (let key = 0; key < KEYS; key++) {
          yield { space: 'terms', key, value };
          yield { space: 'boards', key, value };
        }
      })(),
      marks: { change: String(n) },
    });
  }
}
