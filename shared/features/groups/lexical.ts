import type { FeatureGroup } from '../feature.ts';
import { copyEvidence, evidenceFeature } from './evidence.ts';

const features = [
  evidenceFeature('titleMatch', 'similarity 0..1', 'best match of the interest in the title'),
  evidenceFeature('descriptionMatch', 'similarity 0..1', 'best match of the interest in the description'),
  evidenceFeature(
    'annotationMatch',
    'similarity 0..1',
    'best match of the interest in an annotation, times its confidence',
  ),
  evidenceFeature('boardNameMatch', 'similarity 0..1', "best match of the interest in a board's name"),
  evidenceFeature('annotationConfidence', '0..1', 'confidence of the best matching annotation'),
  evidenceFeature(
    'matchKind',
    'rank, 0 is exact',
    'kind of the best match: exact, lemma, reordered, fuzzy, partial',
  ),
  evidenceFeature(
    'matchCoverage',
    'share',
    "content words of the interest's name that the best match covers",
  ),
  evidenceFeature('matchDistance', 'edits', 'edit distance of the best match'),
  evidenceFeature('matchSpan', 'share', 'words of the field that the best match spans'),
  evidenceFeature(
    'matchAmbiguity',
    'interests',
    'interests that the best match could also mean, itself included',
  ),
  evidenceFeature('matchCount', 'matches', 'how often the interest was matched'),
];

/** What lexical expansion found. */
export const lexical: FeatureGroup = {
  name: 'lexical',
  features,
  fill: (batch, _context, columns) => copyEvidence(batch, features, columns),
};
