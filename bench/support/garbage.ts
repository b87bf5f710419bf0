import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Collects all garbage now. */
export function collectGarbage(): void {
  collect();
  // The first may leave arrays to be freed beside the main thread; the second awaits that.
  collect();
}

const collect = ((): (() => void) => {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
})();
