/** One way to write an interest's name. */
export interface Form {
  text: string;
  /** 1 for the whole name; less for a part of it that can stand for it. */
  weight: number;
}

/** Between the parts of a name: `Lawrence, Stephen`, `uniform / kit`, `society: black history`, `Rome - non-specific`. */
const SEPARATOR = /\s*[,;:/(){}[\]|>]+\s*|\s+[-–—]+\s+/u;

/** Ways to write an interest, the whole name first. A part in brackets or behind a separator may be left out. */
export function formsOf(name: string): Form[] {
  const forms: Form[] = [{ text: name, weight: 1 }];
  const parts = name.split(SEPARATOR).filter((part) => part !== '');
  for (const part of parts.length > 1 ? parts : [])
    forms.push({ text: part, weight: part.length / name.length });
  return forms;
}
