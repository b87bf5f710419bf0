import type { Pin } from '../../shared/pins/pin.ts';
import type { Registry } from '../../shared/registry/registry.ts';
import { pinsTopic } from '../../shared/stream/pins-topic.ts';
import { pinOf } from './pin.ts';

/** Pins of a batch of which one is bad. */
export const BATCH_PINS = 500;

/** The id of that one. */
export const BAD_PIN = 'bad';

/** Values of p2i-pins that fail, each in its way, by the reason. */
export interface Poison {
  /** Another first byte than values of a registry have. */
  magicByte: Uint8Array;
  /** An id that no schema has. */
  unknownSchema: Uint8Array;
  truncated: Uint8Array;
  /** Some hundred Pins, the one in the middle with a confidence that is NaN. */
  badPin: Uint8Array;
}

export function poison(registry: Registry): Poison {
  const topic = pinsTopic(registry);
  const whole = topic.encode({ pins: [pinOf({ id: 'lost', title: 'Boats on a river' })] });
  const magicByte = Buffer.from(whole);
  magicByte[0] = 1;
  const unknownSchema = Buffer.from(whole);
  unknownSchema.writeInt32BE(999_999, 1);
  const pins = namedPins('good', BATCH_PINS - 1);
  pins.splice(BATCH_PINS / 2, 0, badPin());
  return {
    magicByte,
    unknownSchema,
    truncated: whole.subarray(0, 25),
    badPin: topic.encode({ pins }),
  };
}

/** The bad Pin alone, as it is written to the dead letters. */
export function badPinAlone(registry: Registry): Uint8Array {
  return pinsTopic(registry).encode({ pins: [badPin()] });
}

export function namedPins(prefix: string, count: number): Pin[] {
  return Array.from({ length: count }, (_, i) =>
    pinOf({ id: `${prefix}-${i}`, title: `Boats on a river ${i}`, language: 'en' }),
  );
}

function badPin(): Pin {
  const annotations = [{ term: 'boat', confidence: NaN, sources: ['title'] }];
  return pinOf({ id: BAD_PIN, title: 'Boats on a river', language: 'en', annotations });
}
