declare module 'wink-lemmatizer' {
  const lemmatizer: {
    noun(word: string): string;
    verb(word: string): string;
    adjective(word: string): string;
  };
  export default lemmatizer;
}

declare module 'wink-lexicon/src/wn-words.js' {
  /** Every word of WordNet. */
  const words: Readonly<Record<string, unknown>>;
  export default words;
}
