/**
 * Cuts a word into the pieces that cost least together (Viterbi 1967), in time linear in its length.
 *
 * @param longest characters of the longest piece
 * @param costOf what a piece costs; Infinity where it is none
 * @returns the pieces, first to last; none where there is no way to cut it
 */
export function cheapestPieces(
  characters: readonly string[],
  longest: number,
  costOf: (piece: string, size: number) => number,
): string[] {
  const n = characters.length;
  const cost = new Float64Array(n + 1).fill(Infinity);
  const step = new Int32Array(n + 1);
  cost[0] = 0;
  for (let start = 0; start < n; start++) {
    if (cost[start] === Infinity) continue;
    let piece = '';
    for (let size = 1; size <= Math.min(longest, n - start); size++) {
      piece += characters[start + size - 1];
      const own = cost[start] + costOf(piece, size);
      if (own >= cost[start + size]) continue;
      cost[start + size] = own;
      step[start + size] = size;
    }
  }
  const pieces: string[] = [];
  if (cost[n] === Infinity) return pieces;
  for (let end = n; end > 0; end -= step[end]) pieces.push(characters.slice(end - step[end], end).join(''));
  return pieces.reverse();
}
