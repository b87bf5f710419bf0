import { PATHS } from '../../cli/paths.ts';
import { TextVectors } from '../../shared/embeddings/text.ts';
import type { TextModels } from '../../workers/artefacts.ts';
import { NO_LANGUAGES } from './languages.ts';

/** The project's text vectors, and no language but English. */
export const TEXT_MODELS: TextModels = {
  textVectors: TextVectors.load(PATHS.textVectors),
  languages: NO_LANGUAGES,
};
