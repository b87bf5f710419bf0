const LINE_FEED = 0x0a;

/** One line without its line feed. `bytes` is null where the line is longer than the limit: it was skipped unread. */
export interface Line {
  /** Counts from 1. */
  number: number;
  bytes: Buffer | null;
}

/** Splits a stream of bytes into lines; holds at most `limit` bytes of a line, however long the line is. */
export async function* boundedLines(input: AsyncIterable<Uint8Array>, limit: number): AsyncGenerator<Line> {
  let number = 1;
  let pieces: Uint8Array[] = [];
  let length = 0;

  const endLine = (): Line => {
    const bytes = length > limit ? null : Buffer.concat(pieces, length);
    pieces = [];
    length = 0;
    return { number: number++, bytes };
  };
  const add = (piece: Uint8Array): void => {
    length += piece.length;
    if (length > limit) pieces = [];
    else pieces.push(piece);
  };

  for await (const chunk of input) {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      add(chunk.subarray(start, end));
      yield endLine();
      start = end + 1;
    }
    if (start < chunk.length) add(chunk.subarray(start));
  }
  if (length > 0) yield endLine();
}
