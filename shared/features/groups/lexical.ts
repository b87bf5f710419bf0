import { evidenceGroup } from './evidence.ts';

/** What lexical expansion found. */
export const lexical = evidenceGroup('lexical', [
  ['titleMatch', 'similarity 0..1', 'best match of the interest in the title'],
  ['descriptionMatch', 'similarity 0..1', 'best match of the interest in the description'],
  ['annotationMatch', 'similarity 0..1', 'best match of the interest in an annotation, times its confidence'],
  ['boardNameMatch', 'similarity 0..1', "best match of the interest in a board's name"],
  ['annotationConfidence', '0..1', 'confidence of the best matching annotation'],
  ['matchKind', 'rank, 0 is exact', 'kind of the best match: exact, lemma, reordered, fuzzy, partial'],
  ['matchCoverage', 'share', "content words of the interest's name that the best match covers"],
  ['matchDistance', 'edits', 'edit distance of the best match'],
  ['matchSpan', 'share', 'words of the field that the best match spans'],
  ['matchAmbiguity', 'interests', 'interests that the best match could also mean, itself included'],
  ['matchCount', 'matches', 'how often the interest was matched'],
]);
