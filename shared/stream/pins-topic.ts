import type { PinBatch } from '../pins/pin.ts';
import { checkPinBatch, PinBatchCodec } from '../registry/pin-batch.ts';
import type { Registry } from '../registry/registry.ts';
import type { BatchTopic } from './binding.ts';

/** The corpus: the source of every replay. */
export const PINS_TOPIC = 'p2i-pins';

/** Pin batches on p2i-pins. */
export function pinsTopic(registry: Registry): BatchTopic<PinBatch> {
  const codec = new PinBatchCodec(registry);
  return {
    topic: PINS_TOPIC,
    decode: (value, where) => codec.decode(value, where),
    encode: (batch) => codec.encode(batch),
    check: checkPinBatch,
    size: ({ pins }) => pins.length,
    split: ({ pins }) => {
      const middle = pins.length >> 1;
      return [{ pins: pins.slice(0, middle) }, { pins: pins.slice(middle) }];
    },
    pinId: ({ pins }) => pins[0].id,
  };
}
