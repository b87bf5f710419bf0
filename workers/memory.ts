import { setFlagsFromString } from 'node:v8';

/**
 * Keeps V8's young generation as small as it begins, for a process that works on batches: next to nothing of a batch
 * outlives it, so that a large one only holds memory (some 100 MB, measured). Threads have a limit of their own.
 */
export function keepYoungGenerationSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}
