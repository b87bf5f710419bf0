import { registry } from '../made.ts';
import type { Log } from '../../../shared/stream/log.ts';
import { PIN_VERSION_HEADER, RUN_HEADER } from '../../../workers/headers.ts';
import {
  resultKey,
  RESULTS_TOPIC,
  SHADOW_RESULTS_TOPIC,
  shadowKey,
  type PinInterests,
} from '../../../workers/publishing/topic.ts';

/** What was found of a Pin: `interests` by id, best first; without them it is gone. */
export interface MadeResult {
  pin: string;
  version?: number;
  interests?: readonly (readonly [id: number, score: number])[];
}

export interface MadeRun {
  run: string;
  shadow: boolean;
  taxonomy?: string;
  model?: string;
  partition?: number;
  results: readonly MadeResult[];
}

const codec = registry.codec<PinInterests>(RESULTS_TOPIC);

/** Ids below 10 are of level 1, the others of level 2. */
export function levelOf(id: number): number {
  return id < 10 ? 1 : 2;
}

/** Appends results as publishing writes them. */
export async function writeRun(log: Log, made: MadeRun): Promise<void> {
  const { run, shadow, taxonomy = 't1', model = 'm1', partition = 0 } = made;
  const transaction = log.transaction();
  for (const { pin, version = 1, interests } of made.results) {
    const value: PinInterests | undefined = interests && {
      ...{ pin, pinVersion: version, lane: 'batch', run, taxonomy, model, time: 0 },
      interests: interests.map(([id, score]) => ({
        id,
        level: levelOf(id),
        score,
        label: `${taxonomy} ${id}`,
      })),
    };
    transaction.append(shadow ? SHADOW_RESULTS_TOPIC : RESULTS_TOPIC, partition, {
      key: shadow ? shadowKey(pin, taxonomy, run) : resultKey(pin, taxonomy),
      timestamp: 0,
      headers: { [RUN_HEADER]: run, ...(value === undefined && { [PIN_VERSION_HEADER]: String(version) }) },
      value: value === undefined ? null : codec.encode(value),
    });
  }
  await transaction.commit();
}
