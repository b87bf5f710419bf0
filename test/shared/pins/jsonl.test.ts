import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { P2iError } from '../../../shared/errors/errors.ts';
import { openPins, PinReader } from '../../../shared/pins/jsonl.ts';

async function* chunksOf(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size) {
    yield bytes.subarray(start, start + size);
    await Promise.resolve();
  }
}

function readerOf(input: string | Uint8Array, chunkSize = 1 << 16): PinReader {
  return new PinReader(chunksOf(Buffer.from(input as string), chunkSize), 'pins.jsonl');
}

/** `id` for a Pin, `code@place` for a refusal. */
async function summaryOf(reader: PinReader): Promise<string[]> {
  const summary: string[] = [];
  for await (const item of reader)
    summary.push(item instanceof P2iError ? `${item.code}@${item.where}` : item.id);
  return summary;
}

describe('reading Pins from JSONL', () => {
  test('bad lines are coded errors with file and line, and their neighbours are read', async () => {
    const reader = readerOf(
      [
        '{"id":"a"}',
        '{"id":"b"',
        '',
        '{"id":"c","title":7}',
        '{"id":"d","annotations":[{"term":"x","confidence":NaN}]}',
        '{"id":"a","version":1}',
        '{"id":"a","version":2}',
        `{"id":"e","title":"${'x'.repeat(1_000_000)}"}`,
        '{"id":"f"}\r',
      ].join('\n'),
    );
    assert.deepEqual(await summaryOf(reader), [
      'a',
      'PIN_MALFORMED_JSON@pins.jsonl:2',
      'PIN_INVALID@pins.jsonl:4',
      'PIN_MALFORMED_JSON@pins.jsonl:5',
      'PIN_DUPLICATE@pins.jsonl:6',
      'a',
      'PIN_TOO_LARGE@pins.jsonl:8',
      'f',
    ]);
    assert.equal(reader.counts.pins, 3);
    assert.deepEqual(Object.fromEntries(reader.counts.errors), {
      PIN_MALFORMED_JSON: 2,
      PIN_INVALID: 1,
      PIN_DUPLICATE: 1,
      PIN_TOO_LARGE: 1,
    });
  });

  test('a duplicate names the line that it repeats', async () => {
    const messages: string[] = [];
    for await (const item of readerOf('{"id":"a"}\n{"id":"b"}\n{"id":"a"}'))
      if (item instanceof P2iError) messages.push(item.message);
    assert.deepEqual(messages, ['pins.jsonl:3: Pin a of version 1 is already on line 1']);
  });

  test('a refused Pin does not make a later one a duplicate', async () => {
    assert.deepEqual(await summaryOf(readerOf('{"id":"a","title":1}\n{"id":"a"}')), [
      'PIN_INVALID@pins.jsonl:1',
      'a',
    ]);
  });

  test('a line of 64 MB is refused in little memory, and its neighbours are read', async () => {
    const chunk = Buffer.alloc(1 << 20, 'x');
    async function* input(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('{"id":"a"}\n{"id":"b","title":"');
      for (let i = 0; i < 64; i++) {
        yield chunk;
        await Promise.resolve();
      }
      yield Buffer.from('"}\n{"id":"c"}\n');
    }
    const before = process.memoryUsage().arrayBuffers;
    assert.deepEqual(await summaryOf(new PinReader(input(), 'pins.jsonl')), [
      'a',
      'PIN_TOO_LARGE@pins.jsonl:2',
      'c',
    ]);
    assert.ok(process.memoryUsage().arrayBuffers - before < 16e6);
  });

  test('broken text is mended and counted, a broken id is refused', async () => {
    const bytes = Buffer.concat([
      Buffer.from('{"id":"a","title":"x\\ud800"}\n{"id":"b","title":"'),
      Buffer.from([0xff]),
      Buffer.from('"}\n{"id":"c'),
      Buffer.from([0xff]),
      Buffer.from('"}\n{"id":"d"}'),
    ]);
    const reader = readerOf(bytes);
    assert.deepEqual(await summaryOf(reader), ['a', 'b', 'PIN_INVALID@pins.jsonl:3', 'd']);
    assert.equal(reader.counts.repaired, 2);
  });

  test('a byte order mark is not part of the first Pin', async () => {
    assert.deepEqual(await summaryOf(readerOf('\ufeff{"id":"a"}')), ['a']);
  });

  test('where the chunks of the stream end makes no difference', async () => {
    const input = Buffer.from('{"id":"é"}\r\n\n{"id":"ふくろう","title":"🦉"}\n{"id":\n{"id":"z"}');
    const whole = await summaryOf(readerOf(input));
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: input.length }), async (size) => {
        assert.deepEqual(await summaryOf(readerOf(input, size)), whole);
      }),
    );
  });

  test('a file that is not there is INPUT_UNREADABLE', async () => {
    await assert.rejects(summaryOf(openPins('no/such/file.jsonl')), {
      code: 'INPUT_UNREADABLE',
      message: /^no\/such\/file\.jsonl: .*ENOENT/,
    });
  });
});
