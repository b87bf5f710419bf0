import { join } from 'node:path';
import { Identifier, readIdentifier, type SharedIdentifier } from './identifier.ts';
import {
  languageTags,
  lettersPath,
  lexiconPaths,
  readLanguage,
  textOf,
  type Language,
  type LanguageText,
} from './language.ts';
import { readLexicon, type SharedLexicon } from './lexicon.ts';

/** The language that all others are translated to. */
export const ENGLISH = 'en';

/** Languages in memory that threads share. */
export interface SharedLanguages {
  /** BCP-47 tags, sorted. */
  tags: readonly string[];
  /** By language: other tags that mean it. */
  aliases: readonly (readonly string[])[];
  /** By language; English has none. */
  lexicons: readonly (SharedLexicon | undefined)[];
  identifier: SharedIdentifier;
}

/** The languages that P2I reads: a directory of data each, and no code. */
export class Languages {
  readonly tags: readonly string[];
  readonly #shared: SharedLanguages;

  /** Languages that were just learned, English among them or not. */
  static of(languages: readonly Language[]): Languages {
    return Languages.read(languages.map(textOf));
  }

  /** Languages as their files hold them. @throws P2iError ARTEFACT_INVALID, naming the file and the line */
  static read(languages: readonly LanguageText[]): Languages {
    return new Languages({
      tags: languages.map(({ manifest }) => manifest.tag),
      aliases: languages.map(({ manifest }) => manifest.aliases),
      lexicons: languages.map(({ manifest, lexicon, directory }) =>
        manifest.tag === ENGLISH ? undefined : readLexicon(lexicon, lexiconPaths(directory)),
      ),
      identifier: readIdentifier(
        languages.map(({ letters }) => letters),
        languages.map(({ directory }) => lettersPath(directory)),
      ),
    });
  }

  /** Reads a directory of language directories. @throws P2iError INPUT_UNREADABLE, ARTEFACT_INVALID */
  static async load(directory: string): Promise<Languages> {
    const tags = await languageTags(directory);
    return Languages.read(await Promise.all(tags.map((tag) => readLanguage(join(directory, tag)))));
  }

  /** The languages of another thread. */
  constructor(shared: SharedLanguages) {
    this.#shared = shared;
    this.tags = shared.tags;
  }

  /** What another thread makes the same of. */
  shared(): SharedLanguages {
    return this.#shared;
  }

  /** The lexicon of a language; undefined for English. */
  lexicon(language: number): SharedLexicon | undefined {
    return this.#shared.lexicons[language];
  }

  identifier(): Identifier {
    return new Identifier(this.#shared.identifier);
  }

  /** The language of a BCP-47 tag (`pt` for `pt-BR`); -1 where there is none. */
  indexOf(tag: string): number {
    for (let own = tag; own !== ''; own = own.slice(0, Math.max(0, own.lastIndexOf('-')))) {
      const index = this.tags.findIndex((known, i) => known === own || this.#shared.aliases[i].includes(own));
      if (index >= 0) return index;
    }
    return -1;
  }
}
