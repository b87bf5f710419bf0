import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { P2iError } from '../../shared/errors/errors.ts';

/** What is done with a Pin, the mildest first: of several the last counts. */
export const ACTIONS = ['review', 'limit', 'remove'] as const;

/**
 * `review`: a person is to look at it, and it stays where it is; `limit`: it is shown to who asks for it, and recommended to nobody;
 * `remove`: it is shown to nobody.
 */
export type UnsafeAction = (typeof ACTIONS)[number];

/** Which interests a rule is about: one and those below it, or those that the taxonomy marks as unsafe and those below them. */
export type RuleSubject = { interest: number } | { marked: 'unsafe' };

export interface UnsafeRule {
  /** Unlike that of any other rule. */
  name: string;
  subject: RuleSubject;
  /** Above 0 and at most 1: the rule holds for a Pin that has an interest of the subject with this score or a higher one. */
  threshold: number;
  action: UnsafeAction;
}

export interface UnsafePolicy {
  /** Of its content: decisions name it. */
  hash: string;
  /** Grows with each change: of two policies the greater takes the place of the other, never the reverse. */
  revision: number;
  /** The taxonomy version that its interests are of. */
  taxonomy: string;
  rules: readonly UnsafeRule[];
}

const ruleSchema = z
  .strictObject({
    name: z.string().min(1).max(64),
    interest: z.int().positive().optional(),
    marked: z.literal('unsafe').optional(),
    threshold: z.number().gt(0).lte(1),
    action: z.enum(ACTIONS),
  })
  .refine(({ interest, marked }) => (interest === undefined) !== (marked === undefined), {
    message: 'a rule has one of `interest` and `marked`',
  });

const policySchema = z
  .strictObject({
    taxonomy: z.string().min(1),
    revision: z.int().positive(),
    // A policy without a rule would let everything back: nobody is to do that by an empty file.
    rules: z.array(ruleSchema).min(1),
  })
  .superRefine(({ rules }, context) => {
    rules.forEach(({ name }, i) => {
      if (rules.findIndex((rule) => rule.name === name) < i)
        context.addIssue({ code: 'custom', path: ['rules', i, 'name'], message: `there is another ${name}` });
    });
  });

/** @throws P2iError INPUT_UNREADABLE; POLICY_INVALID, naming every problem and where it is */
export async function readPolicy(path: string): Promise<UnsafePolicy> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new P2iError('INPUT_UNREADABLE', 'the policy cannot be read', { where: path, cause });
  }
  return parsePolicy(text, path);
}

/**
 * @param where names the text in errors
 * @throws P2iError POLICY_INVALID, naming every problem and where it is
 */
export function parsePolicy(text: string, where: string): UnsafePolicy {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new P2iError('POLICY_INVALID', `it is no JSON: ${(cause as Error).message}`, { where, cause });
  }
  const parsed = policySchema.safeParse(json);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => `${placeOf(path)}: ${message}`);
    throw new P2iError('POLICY_INVALID', problems.join('; '), { where });
  }
  const { taxonomy, revision, rules } = parsed.data;
  const understood = rules.map(({ name, interest, threshold, action }): UnsafeRule => {
    const subject: RuleSubject = interest === undefined ? { marked: 'unsafe' } : { interest };
    return { name, subject, threshold, action };
  });
  return { hash: hashOf(taxonomy, revision, understood), revision, taxonomy, rules: understood };
}

/** `rules[3].threshold` */
function placeOf(path: readonly PropertyKey[]): string {
  const place = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  return place.replace(/^\./, '') || 'the policy';
}

/** The first 12 hexadecimal digits of the SHA-256 of a canonical form: the order of the rules means nothing. */
function hashOf(taxonomy: string, revision: number, rules: readonly UnsafeRule[]): string {
  const lines = rules.map(({ name, subject, threshold, action }) =>
    JSON.stringify([name, subject, threshold, action]),
  );
  return createHash('sha256')
    .update(JSON.stringify([taxonomy, revision, lines.sort()]))
    .digest('hex')
    .slice(0, 12);
}
