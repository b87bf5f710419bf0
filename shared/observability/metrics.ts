import { Counter, Gauge, Registry } from 'prom-client';
import type { ErrorCode } from '../errors/errors.ts';
import { PHASES, type Observer, type Phase } from '../stream/observer.ts';
import type { StageName } from '../stream/stage.ts';
import type { StageReport } from './report.ts';

interface Totals {
  pinsIn: number;
  pinsOut: number;
  seconds: Record<Phase, number>;
  deadLetters: Map<ErrorCode, number>;
}

/**
 * The metrics of pumps, collected by observing them: a few additions a batch, whatever number of Pins it holds. The
 * Prometheus metrics are filled in when they are scraped.
 */
export class StageMetrics implements Observer {
  /** For `/metrics`: `await prometheus.metrics()`. */
  readonly prometheus = new Registry();
  readonly #stages = new Map<StageName, Totals>();
  readonly #started = performance.now();

  constructor() {
    this.#register();
  }

  phase(stage: StageName, phase: Phase, seconds: number): void {
    this.#of(stage).seconds[phase] += seconds;
  }

  pins(stage: StageName, into: number, out: number): void {
    const totals = this.#of(stage);
    totals.pinsIn += into;
    totals.pinsOut += out;
  }

  deadLetter(stage: StageName, code: ErrorCode): void {
    const { deadLetters } = this.#of(stage);
    deadLetters.set(code, (deadLetters.get(code) ?? 0) + 1);
  }

  /** Where the time went since this was made, stage by stage in the order in which they began. */
  phaseReport(): StageReport[] {
    const elapsed = (performance.now() - this.#started) / 1000;
    return [...this.#stages].map(([stage, { pinsIn, pinsOut, seconds }]) => {
      const busy = busySeconds(seconds);
      return {
        stage,
        pinsIn,
        pinsOut,
        pinsFailed: pinsIn - pinsOut,
        seconds: { ...seconds },
        busyShare: busy / elapsed,
        pinsPerBusySecond: busy > 0 ? pinsIn / busy : 0,
      };
    });
  }

  #of(stage: StageName): Totals {
    let totals = this.#stages.get(stage);
    if (totals === undefined) {
      const seconds = Object.fromEntries(PHASES.map((phase) => [phase, 0])) as Record<Phase, number>;
      this.#stages.set(stage, (totals = { pinsIn: 0, pinsOut: 0, seconds, deadLetters: new Map() }));
    }
    return totals;
  }

  #register(): void {
    const stages = this.#stages;
    const registers = [this.prometheus];
    new Counter({
      name: 'p2i_stage_pins_total',
      help: 'Pins that went into a stage, came out of it, and failed in it.',
      labelNames: ['stage', 'outcome'],
      registers,
      collect() {
        this.reset();
        for (const [stage, { pinsIn, pinsOut }] of stages) {
          this.inc({ stage, outcome: 'in' }, pinsIn);
          this.inc({ stage, outcome: 'out' }, pinsOut);
          this.inc({ stage, outcome: 'failed' }, pinsIn - pinsOut);
        }
      },
    });
    new Counter({
      name: 'p2i_stage_seconds_total',
      help: 'Seconds that a stage spent in each phase.',
      labelNames: ['stage', 'phase'],
      registers,
      collect() {
        this.reset();
        for (const [stage, { seconds }] of stages) {
          for (const phase of PHASES) this.inc({ stage, phase }, seconds[phase]);
        }
      },
    });
    new Counter({
      name: 'p2i_dead_letters_total',
      help: 'Dead letters, by the stage that failed and the error code.',
      labelNames: ['stage', 'code'],
      registers,
      collect() {
        this.reset();
        for (const [stage, { deadLetters }] of stages) {
          for (const [code, count] of deadLetters) this.inc({ stage, code }, count);
        }
      },
    });
    const before = new Map<StageName, number>();
    let scraped = this.#started;
    new Gauge({
      name: 'p2i_stage_busy_share',
      help: 'Share of the time since the last scrape in which a stage was not polling.',
      labelNames: ['stage'],
      registers,
      collect() {
        const now = performance.now();
        for (const [stage, { seconds }] of stages) {
          const busy = busySeconds(seconds);
          this.set({ stage }, ((busy - (before.get(stage) ?? 0)) * 1000) / (now - scraped));
          before.set(stage, busy);
        }
        scraped = now;
      },
    });
  }
}

function busySeconds(seconds: Readonly<Record<Phase, number>>): number {
  let busy = 0;
  for (const phase of PHASES) if (phase !== 'poll') busy += seconds[phase];
  return busy;
}
