import { scrub } from './scrub.ts';

/**
 * The closed list of everything that can go wrong. A code is stable: dashboards, dead letters and runbooks name it.
 * Each entry says when the error is thrown, what an operator does about it, and whether a retry can help.
 */
export const ERRORS = {
  // What people hand in
  INPUT_UNREADABLE: {
    when: 'an input file cannot be opened or read',
    action: 'check the path and its permissions',
    transient: false,
  },
  PIN_MALFORMED_JSON: {
    when: 'a line of Pin input is not JSON',
    action: 'mend the line that the message names',
    transient: false,
  },
  PIN_INVALID: {
    when: 'a Pin lacks a required field, or a field has the wrong type or range (a NaN confidence, say)',
    action: 'mend the field that the message names; docs/pins.md has the format',
    transient: false,
  },
  PIN_DUPLICATE: {
    when: 'two Pins of one input have the same id and version',
    action: 'remove one of the two lines that the message names',
    transient: false,
  },
  PIN_TOO_LARGE: {
    when: 'a Pin exceeds a limit on text, annotations or boards',
    action: 'shorten the Pin; docs/pins.md has the limits',
    transient: false,
  },
  PHRASES_INVALID: {
    when: 'a file of parallel phrases has a line that is none, or nothing in the language that is asked for',
    action: 'mend the line, or pass files that have the language; docs/languages.md has the format',
    transient: false,
  },
  CONFIG_INVALID: {
    when: 'an option or an environment variable does not fit the configuration schema',
    action: 'mend the value that the message names; --help lists what is allowed',
    transient: false,
  },
  // Artefacts
  TAXONOMY_INVALID: {
    when: 'a taxonomy file has at least one problem; the message lists every one with its line',
    action: 'mend the lines; `p2i taxonomy validate FILE` lists them again',
    transient: false,
  },
  TAXONOMY_UNKNOWN: {
    when: 'a batch names a taxonomy version that the worker does not hold',
    action: 'publish that version, or mend the batch’s header',
    transient: false,
  },
  TAXONOMY_UNPUBLISHED: {
    when: 'a worker has Pins to classify and no taxonomy version is live',
    action: 'publish one with `p2i taxonomy publish FILE`; the worker waits for it',
    transient: true,
  },
  MODEL_UNKNOWN: {
    when: 'a batch names a ranking model that the worker does not hold',
    action: 'start the ranking workers with that model, or plan the run with the one they have; then redrive',
    transient: false,
  },
  GENERATION_UNKNOWN: {
    when: 'a batch names a generation of the co-occurrence store that is not there, not yet or not any more',
    action: 'the worker waits for it: build it, or cancel the run that names it; two generations are kept',
    transient: true,
  },
  MODEL_INVALID: {
    when: 'a model file is truncated, is not a LightGBM binary model, or asks for features that the table does not have',
    action: 'restore the model file, or train it again with `p2i train`',
    transient: false,
  },
  ARTEFACT_INVALID: {
    when: 'a committed artefact (embeddings, calibration, lexicon) is missing, truncated or of another version',
    action: 'restore the file, or make it again as its card says',
    transient: false,
  },
  POLICY_INVALID: {
    when: 'an unsafe-content policy has problems, names interests that its taxonomy does not have, or is not the newest one',
    action: 'mend what the message names; docs/consumers/unsafe.md has the format',
    transient: false,
  },
  // Wire
  AVRO_MALFORMED: {
    when: 'bytes do not decode by the schema that they name',
    action: 'inspect the dead letter; the producer wrote broken bytes',
    transient: false,
  },
  SCHEMA_UNKNOWN: {
    when: 'a record names a schema id that the registry does not know, or has no Confluent magic byte',
    action: 'register the schema, or find the producer that writes to the wrong topic',
    transient: false,
  },
  SCHEMA_MISMATCH: {
    when: 'a value does not fit the schema that it is to be written with; the message names the field',
    action: 'this is a bug in the producer: mend it, or change the schema with it',
    transient: false,
  },
  // Stores and logs
  LOG_CORRUPT: {
    when: 'a committed record of the embedded log fails its checksum',
    action: 'restore the directory from a copy, or delete it and run again',
    transient: false,
  },
  LOG_LOCKED: {
    when: 'another live process holds the embedded log’s directory',
    action: 'stop the other process or choose another directory with --state',
    transient: false,
  },
  LOG_UNAVAILABLE: {
    when: 'the embedded log’s directory cannot be created, read or written',
    action: 'check the path, its permissions and the disk space, then run again: nothing committed is lost',
    transient: false,
  },
  STORE_UNAVAILABLE: {
    when: 'a store (of co-occurrence, of retrieval) cannot be opened, read or written',
    action: 'check the path, the disk space and that no other process writes to it',
    transient: true,
  },
  STORE_MISMATCH: {
    when: 'a store of a consumer was made from other topics, or another taxonomy, than those that it is to follow',
    action: 'choose its own topics and taxonomy, or another directory, where it is built anew',
    transient: false,
  },
  BROKER_UNAVAILABLE: {
    when: 'Kafka’s brokers cannot be reached, do not answer in time, or say that they cannot serve now',
    action:
      'nothing is lost and the worker goes on by itself once they are back; check the brokers, the network, and whether they want TLS or a user',
    transient: true,
  },
  BROKER_REFUSED: {
    when: 'the brokers refuse a request for good: no such topic, a record above the topic’s size',
    action: 'make the topics with `p2i topics create`; check max.message.bytes',
    transient: false,
  },
  PARTITION_LOST: {
    when: 'another worker has taken over a partition while this one worked on it; what this one did is aborted',
    action:
      'nothing: the other worker does the same records. Very frequent ones mean that the group never settles',
    transient: true,
  },
  REGISTRY_UNAVAILABLE: {
    when: 'the schema registry cannot be reached or fails',
    action: 'nothing is lost and the worker goes on by itself once it is back; check its address and its log',
    transient: true,
  },
  REDIS_UNAVAILABLE: {
    when: 'Redis cannot be reached, does not answer in time, or says that it cannot serve now',
    action: 'nothing is lost: check its address and its log; what needs it goes on once it is back',
    transient: true,
  },
  AUTHENTICATION_FAILED: {
    when: 'brokers, registry or Redis do not accept the user, the password, the token or the certificate, or want one',
    action: 'mend the variables of that connection; docs/kafka.md has them, and `p2i worker --help`',
    transient: false,
  },
  NOT_AUTHORISED: {
    when: 'brokers, registry or Redis know who asks, and do not let that user do it',
    action: 'give the user the right that the message names; docs/kafka.md lists what each pool needs',
    transient: false,
  },
  CERTIFICATE_UNTRUSTED: {
    when: 'the certificate of a broker, the registry or Redis is of no known authority, of another name, or expired',
    action:
      'set the TLS_CA_FILE variable of that connection to the authority’s certificate, or renew the certificate',
    transient: false,
  },
  SCHEMA_INCOMPATIBLE: {
    when: 'the registry refuses a schema of ours: it is not backward compatible with what the topic was written with',
    action:
      'give new fields defaults and remove none that lacks one, or read the contract in docs/contracts.md',
    transient: false,
  },
  // Stages
  STAGE_FAILED: {
    when: 'a stage threw on one single Pin (bisection isolated it)',
    action: 'inspect the dead letter; mend the cause, then redrive it',
    transient: false,
  },
  // The inspector
  REQUEST_INVALID: {
    when: 'a request to the inspector is malformed: its body, its parameters, its size',
    action: 'mend what the message names; docs/inspector.md has the requests',
    transient: false,
  },
  ACCESS_DENIED: {
    when: 'a request to the inspector has no valid token, or comes from another site or under another name',
    action:
      'send the token that the inspector was started with (P2I_TOKEN), or open the page by its own address',
    transient: false,
  },
  OVERLOADED: {
    when: 'more requests wait for the inspector than it can answer soon',
    action: 'try again in a moment, with fewer requests at once',
    transient: true,
  },
  // Tools
  INTEREST_UNKNOWN: {
    when: 'a command names an interest that the taxonomy does not hold',
    action: 'check the id or the name; `p2i taxonomy show FILE --depth 3` lists them',
    transient: false,
  },
  INTERNAL: {
    when: 'a command failed in a way that this list does not name: a fault of P2I itself',
    action: 'run it again with P2I_DEBUG=1 and report what it prints',
    transient: false,
  },
  TRAINING_FAILED: {
    when: 'the Python trainer could not be installed or exited with an error',
    action: 'read the trainer’s last lines in the message',
    transient: false,
  },
  RUN_UNKNOWN: {
    when: 'a command names a run or a schedule that is not recorded',
    action: 'check the name; `p2i backfill status` lists them',
    transient: false,
  },
  RUN_REFUSED: {
    when: 'a run cannot come into the state that a command asks for, or its name is taken by another one',
    action: 'look at its state with `p2i backfill status`; plan another run where this one has ended',
    transient: false,
  },
  NOTHING_TO_COMPARE: {
    when: 'a comparison finds no Pin on one of its sides, or none that both have',
    action: 'choose what there is by --run, --against or --taxonomy; shadow results are kept for seven days',
    transient: false,
  },
  CHANGE_TOO_LARGE: {
    when: 'a comparison finds a larger share of Pins changed than `--fail-above` allows',
    action: 'look at the interests and the examples that it lists before anybody switches',
    transient: false,
  },
  PIN_UNKNOWN: {
    when: 'a command names a Pin id that its input does not hold',
    action: 'check the id, or pass the input that holds it',
    transient: false,
  },
} as const satisfies Record<string, { when: string; action: string; transient: boolean }>;

export type ErrorCode = keyof typeof ERRORS;

/**
 * The one error class of P2I: a code of the closed list, what happened, and where.
 * `where` names a place a person can go to: `pins.jsonl:17`, `p2i-pins-3@1204`, `model.txt:88`.
 * The message holds no secret of this process, whatever a library put into it.
 */
export class P2iError extends Error {
  override readonly name = 'P2iError';
  readonly code: ErrorCode;
  readonly where: string | undefined;

  constructor(code: ErrorCode, message: string, options: { where?: string; cause?: unknown } = {}) {
    super(scrub(options.where ? `${options.where}: ${message}` : message), { cause: options.cause });
    this.code = code;
    this.where = options.where;
  }

  /** True where trying again later can help. */
  get transient(): boolean {
    return ERRORS[this.code].transient;
  }

  /** What an operator does about it. */
  get action(): string {
    return ERRORS[this.code].action;
  }
}

/** Any error as a P2iError: what is none is INTERNAL. */
export function knownError(error: unknown, where?: string): P2iError {
  if (error instanceof P2iError) return error;
  return new P2iError('INTERNAL', String(error), { ...(where !== undefined && { where }), cause: error });
}
