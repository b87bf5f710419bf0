declare module 'wink-lemmatizer' {
  const lemmatizer: { noun(word: string): string };
  export default lemmatizer;
}

declare module 'wink-lexicon/src/wn-words.js' {
  /** Every word of WordNet, and where its senses are. */
  const words: Readonly<Record<string, number>>;
  export default words;
}

declare module 'wink-lexicon/src/wn-word-senses.js' {
  /** Kinds of meaning: WordNet's lexicographer files. */
  const senses: readonly (readonly number[])[];
  export default senses;
}

declare module 'wink-lexicon/src/wn-noun-exceptions.js' {
  /** Nouns by their irregular plurals. */
  const nouns: Readonly<Record<string, string>>;
  export default nouns;
}
