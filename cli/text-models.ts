import { TextVectors } from '../shared/embeddings/text.ts';
import { Languages } from '../shared/translation/languages.ts';
import { readTextModels, type TextModels } from '../workers/artefacts.ts';
import { PATHS } from './paths.ts';

/**
 * Loads what P2I brings with it to read texts by.
 *
 * @throws P2iError INPUT_UNREADABLE where the directory of languages is not there; ARTEFACT_INVALID, naming the file
 */
export function loadTextModels(): Promise<TextModels> {
  return readTextModels(PATHS);
}

/** The same for stages that read no text: candidate generation alone needs languages, and they take a second to load. */
export function loadVectorsAlone(): TextModels {
  return { textVectors: TextVectors.load(PATHS.textVectors), languages: Languages.of([]) };
}
