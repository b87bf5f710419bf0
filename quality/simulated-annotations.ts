import type { Annotation, Pin } from '../shared/pins/pin.ts';
import type { Taxonomy } from '../shared/taxonomy/taxonomy.ts';
import { draw } from './draw.ts';

/** Annotations simulated for a Pin, before the false ones: fewer than it has labels, as annotators leave things out. */
const KEPT = 0.6;

/**
 * Annotations as an imperfect annotator would give them: each keeps its promise, a term with confidence c being true with
 * probability c. True ones are some of the Pin's labels; false ones are labels of another Pin. A model that is to use
 * annotations must be trained with such, since the corpus' own are the labels themselves.
 *
 * @param other a Pin whose labels the false ones are drawn from
 */
export function simulatedAnnotations(
  pin: Pin,
  labels: ReadonlySet<number>,
  other: ReadonlySet<number>,
  taxonomy: Taxonomy,
): Annotation[] {
  const wrong = [...other].filter((index) => !labels.has(index));
  const annotations: Annotation[] = [];
  let nth = 0;
  for (const label of labels) {
    const name = `${pin.id}/${nth++}`;
    if (draw(name, 'annotation kept') >= KEPT) continue;
    const confidence = 0.2 + 0.8 * draw(name, 'annotation confidence');
    const interest = draw(name, 'annotation true') < confidence ? label : wrong.pop();
    if (interest === undefined) continue;
    annotations.push({ term: taxonomy.names[interest], confidence, sources: ['simulated'] });
  }
  return annotations;
}
