import { RequestFailure } from './client.ts';

/**
 * The body that a text is sent as: JSON as it is, so that the server says what is wrong with it; of other text, the first
 * line as title and the rest as description.
 *
 * @throws RequestFailure for JSON that is none
 */
export function pinOfText(text: string): string {
  const trimmed = text.trim();
  if (!/^[[{"]/.test(trimmed)) {
    const [title, ...rest] = trimmed.split('\n');
    return JSON.stringify({ id: 'pasted', title, description: rest.join('\n').trim() });
  }
  let pin: unknown;
  try {
    pin = JSON.parse(trimmed);
  } catch (error) {
    throw new RequestFailure(0, {
      code: 'PIN_MALFORMED_JSON',
      message: (error as Error).message,
      action: 'mend the JSON, or paste a plain title',
    });
  }
  return JSON.stringify(isObject(pin) ? { id: 'pasted', ...pin } : pin);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
