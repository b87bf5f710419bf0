import { P2iError } from '../../shared/errors/errors.ts';
import { LmdbStore } from '../../shared/store/lmdb.ts';

/*
 * Reads from the store in the directory that it is given, prints `read`, or the code of the error, and keeps the store open
 * until its input ends.
 */

const [, , directory] = process.argv;
try {
  const [value] = new LmdbStore(directory).get('numbers', [1]);
  console.log(value === undefined ? 'nothing' : 'read');
} catch (error) {
  console.log(error instanceof P2iError ? error.code : String(error));
  process.exit();
}
process.stdin.resume().once('end', () => process.exit());
