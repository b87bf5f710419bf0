import { parentPort, workerData } from 'node:worker_threads';
import { addMade, isMade } from './made-entries.ts';
import { EntryArena } from '../../../shared/cooccurrence/arena.ts';

/** Looks keys up in an order of its own, adds what is missing, and says of how many entries it read something else. */
const { memory, keys, stride } = workerData as { memory: SharedArrayBuffer; keys: number; stride: number };
const arena = new EntryArena(memory);
let wrong = 0;
for (let i = 0; i < keys * 3; i++) {
  const key = (i * stride) % keys;
  const entry = arena.find(key) ?? addMade(arena, key);
  if (!isMade(arena, key, entry)) wrong++;
  arena.forget();
}
parentPort!.postMessage(wrong);
