import { start, type Guarded } from './process.ts';

/**
 * Heap of a broker or the registry, MB. In all, a broker takes 165 MB of memory at rest and 250 MB while it takes in
 * hundreds of MB; the registry takes 205 MB.
 */
const HEAP_MB = 256;

/** Starts fast and stays small, rather than runs fast: one compiler, one collector thread. */
const OPTIONS = [`-Xmx${HEAP_MB}m`, '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-XX:-UsePerfData'];

export interface JvmOptions {
  /** Options of Java and what to run. */
  args: readonly string[];
  /** Where it may leave temporary files: native libraries that are unpacked, say. */
  temporary: string;
  log: string;
}

/** Starts a Java program; see `start`. */
export function startJava({ args, temporary, log }: JvmOptions): Guarded {
  return start('java', [...OPTIONS, `-Djava.io.tmpdir=${temporary}`, ...args], log);
}
