import type { Observer } from './observer.ts';
import type { Stage, StageName } from './stage.ts';

/** Stages after one another in memory: one's output is the next one's input, with no topic between. */
export class Chain<In, Out> {
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

  get first(): StageName {
    return this.names[0];
  }

  get last(): StageName {
    return this.names[this.names.length - 1];
  }

  /** The stage that ran last: after `process` threw, the one that threw. */
  get current(): StageName {
    return this.#current;
  }

  /** `check` counts as part of the first stage. */
  process(batch: In, check: (batch: In) => void, observer: Observer | undefined): Out {
    this.#current = this.first;
    check(batch);
    let value: unknown = batch;
    for (const stage of this.#stages) {
      this.#current = stage.name;
      const start = performance.now();
      value = stage.process(value);
      observer?.phase(stage.name, 'compute', (performance.now() - start) / 1000);
    }
    return value as Out;
  }
}
