/** The form in which two names are the same name: case, width and spacing are no difference. */
export function foldName(name: string): string {
  return name.normalize('NFKC').toLowerCase().trim().replace(/\s+/gu, ' ');
}
