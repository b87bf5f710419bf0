/** What a member of a consumer group says of itself when it joins. */
export interface Member {
  id: string;
  topics: readonly string[];
  /** What it was assigned before, by topic. */
  owned: ReadonlyMap<string, readonly number[]>;
}

/**
 * Divides the partitions of a topic among the members that read it, evenly; each keeps of what it had as much as fits.
 * A partition that moves costs the batch in hand.
 */
export function assign(topic: string, partitions: number, members: readonly Member[]): Map<string, number[]> {
  const readers = members
    .filter(({ topics }) => topics.includes(topic))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  const assigned = new Map(readers.map(({ id }) => [id, [] as number[]]));
  if (readers.length === 0) return assigned;

  const least = Math.floor(partitions / readers.length);
  let withOneMore = partitions % readers.length;
  const free = new Set(Array.from({ length: partitions }, (_, partition) => partition));
  for (const { id, owned } of readers) {
    const keeps = assigned.get(id)!;
    for (const partition of owned.get(topic) ?? []) {
      if (keeps.length > least || (keeps.length === least && withOneMore === 0)) break;
      if (!free.delete(partition)) continue;
      keeps.push(partition);
      if (keeps.length > least) withOneMore--;
    }
  }
  const left = [...free];
  for (const most of [least, least + 1])
    for (const keeps of assigned.values())
      while (keeps.length < most && left.length > 0) keeps.push(left.shift()!);
  return assigned;
}
