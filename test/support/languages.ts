import { Languages } from '../../shared/translation/languages.ts';

/** For tests in which every text is English. */
export const NO_LANGUAGES = Languages.of([]);
