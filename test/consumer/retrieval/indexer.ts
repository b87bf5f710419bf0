import { setImmediate as nextTurn } from 'node:timers/promises';
import { RetrievalIndex } from '../../../consumer/retrieval/index.ts';
import { FollowedTaxonomy } from '../../../consumer/taxonomies/followed.ts';
import { batches, NEWER, OLDER } from './story.ts';

/*
 * Indexes the story into a directory, from where the store has got to, and says `batch` for each batch that is on disk.
 * Usage: node indexer.ts DIRECTORY [TURNS | carried]: it kills itself so many transactions after it began to go over to the
 * newer taxonomy version, or ends once it is there.
 */

const [, , directory, end] = process.argv;
const taxonomy = new FollowedTaxonomy(OLDER);
const open = async (): Promise<RetrievalIndex> => {
  try {
    return await RetrievalIndex.open(directory, taxonomy);
  } catch {
    // The process before this one has begun with the newer version.
    taxonomy.publish(NEWER);
    return RetrievalIndex.open(directory, taxonomy);
  }
};
const index = await open();
for (const batch of batches()) {
  if (batch.next <= (index.offsets.get(0) ?? 0)) continue;
  if (batch.updates.some((update) => !taxonomy.has(update.taxonomy))) {
    if (Number(end) > 0) void killAfter(Number(end));
    await index.carry(taxonomy.publish(NEWER)!);
    if (end === 'carried') break;
  }
  index.apply([batch]);
  process.stdout.write('batch\n');
}
await index.close();

/** Carrying gives up its turn after each transaction. */
async function killAfter(turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await nextTurn();
  process.kill(process.pid, 'SIGKILL');
}
