import { Registry } from 'prom-client';
import type { ErrorCode } from '../errors/errors.ts';
import {
  PHASES,
  type Direction,
  type Observer,
  type Phase,
  type TransactionOutcome,
} from '../stream/observer.ts';
import type { StageName } from '../stream/stage.ts';
import type { Tally } from '../stream/tally.ts';
import type { StageReport } from './report.ts';
import { registerCounter, type Sample } from './scraped.ts';
import { TallyMetrics, type InterestName } from './tally-metrics.ts';

interface Totals {
  pinsIn: number;
  pinsOut: number;
  seconds: Record<Phase, number>;
  deadLetters: Map<ErrorCode, number>;
}

/** Records of a topic in one direction, and the bytes of their values. */
interface Traffic {
  topic: string;
  direction: Direction;
  records: number;
  bytes: number;
}

export interface StageMetricsOptions {
  /** Labels of every series. */
  labels?: Readonly<Record<string, string>>;
  nameOf?: InterestName;
}

/**
 * The metrics of pumps, collected by observing them: a few additions a batch, whatever number of Pins it holds. The
 * Prometheus metrics are filled in when they are scraped. docs/metrics.md has them all.
 */
export class StageMetrics implements Observer {
  /** For `/metrics`: `await prometheus.metrics()`. */
  readonly prometheus = new Registry();
  readonly #stages = new Map<StageName, Totals>();
  /** By topic and direction. */
  readonly #traffic = new Map<string, Traffic>();
  readonly #transactions = new Map<TransactionOutcome, number>();
  readonly #retries = new Map<ErrorCode, number>();
  readonly #tallies: TallyMetrics;
  readonly #started = performance.now();

  constructor({ labels = {}, nameOf = () => undefined }: StageMetricsOptions = {}) {
    this.prometheus.setDefaultLabels(labels);
    this.#registerStages();
    this.#registerRuntime();
    this.#tallies = new TallyMetrics([this.prometheus], nameOf);
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

  records(topic: string, direction: Direction, records: number, bytes: number): void {
    const key = `${topic} ${direction}`;
    let traffic = this.#traffic.get(key);
    if (traffic === undefined) this.#traffic.set(key, (traffic = { topic, direction, records: 0, bytes: 0 }));
    traffic.records += records;
    traffic.bytes += bytes;
  }

  transaction(outcome: TransactionOutcome): void {
    this.#transactions.set(outcome, (this.#transactions.get(outcome) ?? 0) + 1);
  }

  tally(tally: Tally): void {
    this.#tallies.add(tally);
  }

  /** A step failed with what is transient, and is tried again. */
  retry(code: ErrorCode): void {
    this.#retries.set(code, (this.#retries.get(code) ?? 0) + 1);
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

  #registerStages(): void {
    const registers = [this.prometheus];
    registerCounter({
      name: 'p2i_stage_pins_total',
      help: 'Pins that went into a stage, came out of it, and failed in it.',
      labelNames: ['stage', 'outcome'],
      registers,
      read: () =>
        [...this.#stages].flatMap(([stage, { pinsIn, pinsOut }]): Sample[] => [
          [{ stage, outcome: 'in' }, pinsIn],
          [{ stage, outcome: 'out' }, pinsOut],
          [{ stage, outcome: 'failed' }, pinsIn - pinsOut],
        ]),
    });
    registerCounter({
      name: 'p2i_stage_seconds_total',
      help: 'Seconds that a stage spent in each phase.',
      labelNames: ['stage', 'phase'],
      registers,
      read: () =>
        [...this.#stages].flatMap(([stage, { seconds }]) =>
          PHASES.map((phase): Sample => [{ stage, phase }, seconds[phase]]),
        ),
    });
    registerCounter({
      name: 'p2i_dead_letters_total',
      help: 'Dead letters, by the stage that failed and the error code.',
      labelNames: ['stage', 'code'],
      registers,
      read: () =>
        [...this.#stages].flatMap(([stage, { deadLetters }]) =>
          [...deadLetters].map(([code, sum]): Sample => [{ stage, code }, sum]),
        ),
    });
  }

  #registerRuntime(): void {
    const registers = [this.prometheus];
    for (const [name, help, what] of [
      ['p2i_records_total', 'Records that were read from a topic and written to it.', 'records'],
      ['p2i_record_bytes_total', 'Bytes of the values of these records, before compression.', 'bytes'],
    ] as const) {
      registerCounter({
        ...{ name, help, registers },
        labelNames: ['topic', 'direction'],
        read: () =>
          [...this.#traffic.values()].map(({ topic, direction, [what]: sum }) => [{ topic, direction }, sum]),
      });
    }
    registerCounter({
      name: 'p2i_transactions_total',
      help: 'Transactions.',
      labelNames: ['outcome'],
      registers,
      read: () => [...this.#transactions].map(([outcome, sum]) => [{ outcome }, sum]),
    });
    registerCounter({
      name: 'p2i_retries_total',
      help: 'Steps that failed for a while and were tried again, by the error code.',
      labelNames: ['code'],
      registers,
      read: () => [...this.#retries].map(([code, sum]) => [{ code }, sum]),
    });
  }
}

function busySeconds(seconds: Readonly<Record<Phase, number>>): number {
  let busy = 0;
  for (const phase of PHASES) if (phase !== 'poll') busy += seconds[phase];
  return busy;
}
