import type { Headers } from './log.ts';
import type { Observer } from './observer.ts';
import type { Stage, StageName } from './stage.ts';

/** A chain that works on a record, and what its outputs say beside the record's own headers. */
export interface Selected<In, Out> {
  chain: Chain<In, Out>;
  headers: Headers;
}

/**
 * Which chains work on a record: one for each taxonomy version that it is to be classified by. All chains of a source
 * have the same stages, with other artefacts.
 */
export interface ChainSource<In, Out> {
  readonly names: readonly StageName[];
  /**
   * @param headers of the record
   * @throws P2iError the record is dead-lettered whole, or, where it is transient, read again
   */
  select(headers: Headers): readonly Selected<In, Out>[] | Promise<readonly Selected<In, Out>[]>;
}

/** Stages after one another in memory: one's output is the next one's input, with no topic between. */
export class Chain<In, Out> implements ChainSource<In, Out> {
  readonly names: readonly StageName[];
  readonly #stages: readonly Stage<unknown, unknown>[];
  #current: StageName;

  private constructor(stages: readonly Stage<unknown, unknown>[]) {
    this.#stages = stages;
    this.names = stages.map((stage) => stage.name);
    this.#current = this.names[0];
  }

  static of<In, Out>(stage: Stage<In, Out>): Chain<In, Out> {
    return new Chain<In, Out>([stage]);
  }

  /** This chain with one stage more. */
  to<Next>(stage: Stage<Out, Next>): Chain<In, Next> {
    return new Chain<In, Next>([...this.#stages, stage]);
  }

  /** The chain that works on every record. */
  select(): readonly Selected<In, Out>[] {
    return [{ chain: this, headers: {} }];
  }

  /** The stage that ran last: after `process` threw, the one that threw. */
  get current(): StageName {
    return this.#current;
  }

  /**
   * @param check counts as part of the first stage
   * @param shown gets what each stage made, before the next stage does
   */
  process(
    batch: In,
    check: (batch: In) => void,
    observer: Observer | undefined,
    shown?: (stage: StageName, made: unknown) => void,
  ): Out {
    this.#current = this.names[0];
    check(batch);
    let value: unknown = batch;
    for (const stage of this.#stages) {
      this.#current = stage.name;
      const start = performance.now();
      value = stage.process(value);
      observer?.phase(stage.name, 'compute', (performance.now() - start) / 1000);
      shown?.(stage.name, value);
    }
    return value as Out;
  }
}
