import type { LabelledCorpus } from './corpus.ts';
import { draw } from './draw.ts';
import type { RankedCandidates } from './evaluate.ts';
import { ndcgAt } from './metrics.ts';

/** Interests that the held-out model never sees in training. */
const HELD_OUT = 300;

/** An interest that people hardly used cannot show whether it is found. */
const LEAST_LABELS = 10;

/** Dense indexes of the leaf interests, chosen by hash, that stand for interests which did not exist in training. */
export function heldOutInterests({ taxonomy, labels, split }: LabelledCorpus): Set<number> {
  const uses = new Map<number, number>();
  for (const pin of split.train)
    for (const label of labels.get(pin.id)!) uses.set(label, (uses.get(label) ?? 0) + 1);
  const eligible = [...uses].filter(([index, count]) => taxonomy.isLeaf[index] && count >= LEAST_LABELS);
  const order = eligible.map(([index]) => ({ index, place: draw(String(taxonomy.ids[index]), 'held out') }));
  order.sort((a, b) => a.place - b.place);
  return new Set(order.slice(0, HELD_OUT).map(({ index }) => index));
}

export interface HeldOutFigures {
  /** Pins that have at least one of the interests. */
  pins: number;
  /** NDCG@5 of the interests among all leaf suggestions. */
  amongAll: number;
  /** NDCG@5 of the interests among each other. */
  amongThemselves: number;
}

/** How well a model finds the held-out interests on the Pins that have any. */
export function heldOutFigures(
  corpus: LabelledCorpus,
  heldOut: ReadonlySet<number>,
  ranked: Iterable<RankedCandidates>,
): HeldOutFigures {
  let pins = 0;
  let amongAll = 0;
  let amongThemselves = 0;
  for (const { pin, interests } of ranked) {
    const truth = new Set([...corpus.labels.get(pin.id)!].filter((label) => heldOut.has(label)));
    if (truth.size === 0) continue;
    pins++;
    amongAll += ndcgAt(
      5,
      [...interests].filter((interest) => corpus.taxonomy.isLeaf[interest]),
      truth,
    );
    amongThemselves += ndcgAt(
      5,
      [...interests].filter((interest) => heldOut.has(interest)),
      truth,
    );
  }
  return { pins, amongAll: amongAll / pins, amongThemselves: amongThemselves / pins };
}
