/** A BCP-47 tag in canonical case (`pt-br` is `pt-BR`); undefined where the text is none. */
export function canonicalTag(text: string): string | undefined {
  try {
    return Intl.getCanonicalLocales(text)[0];
  } catch {
    return undefined;
  }
}
