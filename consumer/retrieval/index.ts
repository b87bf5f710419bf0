export { followInto } from './follow.ts';
export { RetrievalIndex, type Applied } from './retrieval-index.ts';
export { RetrievalReader, type FoundPin, type IndexedPin } from './retrieval-reader.ts';
