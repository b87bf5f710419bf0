/** What stands in the place of a secret. */
const MASK = '[secret]';

/** A shorter text is nothing that can be kept secret, and would be found in every other word. */
const SHORTEST = 4;

/** Every form in which a secret of this process may turn up, longest first. */
let forms: string[] = [];

/** Has {@link scrub} take the secret out of every text from now on, also as URLs, JSON and basic authentication write it. */
export function rememberSecret(secret: string): void {
  if (secret.length < SHORTEST || forms.includes(secret)) return;
  const json = JSON.stringify(secret).slice(1, -1);
  const base64 = Buffer.from(secret).toString('base64');
  const all = new Set([...forms, secret, json, encodeURIComponent(secret), base64]);
  forms = [...all].sort((a, b) => b.length - a.length);
}

/** The text without the secrets that this process has read. */
export function scrub(text: string): string {
  return forms.reduce((scrubbed, form) => scrubbed.replaceAll(form, MASK), text);
}
