/** A term attached to a Pin, with the confidence in [0, 1] that it is about it and where it was seen. */
export interface Annotation {
  term: string;
  confidence: number;
  sources: string[];
}

/** A board that the Pin is saved on. The id joins Pins; the name is text about them. */
export interface Board {
  id: string;
  name: string;
}

/** What people did with the Pin. Unknown is null, never 0. */
export interface Engagement {
  saves: number | null;
  clicks: number | null;
  closeups: number | null;
  impressions: number | null;
  /** Share of the engagement, in [0, 1], by users who gave that gender. */
  femaleShare: number | null;
  maleShare: number | null;
}

/** Nothing is known of what people did with it. */
export const NO_ENGAGEMENT: Readonly<Engagement> = Object.freeze({
  saves: null,
  clicks: null,
  closeups: null,
  impressions: null,
  femaleShare: null,
  maleShare: null,
});

/** A decoded Pin of `p2i-pins`. Exactly the fields of schemas/p2i-pins.avsc. */
export interface Pin {
  id: string;
  /** Grows with every change of the Pin; a result of an older version never replaces one of a newer. */
  version: number;
  /** Milliseconds since 1970. */
  createdAt: number;
  title: string;
  description: string;
  /** BCP-47 tag of the text, null where unknown. */
  language: string | null;
  annotations: Annotation[];
  boards: Board[];
  engagement: Engagement;
  /** `image`, `video`, `product`…; null where unknown. */
  kind: string | null;
  /** ISO 3166 country of most of its engagement; null where unknown. */
  country: string | null;
  /** The Pin's own visual or graph embedding, if it arrives with one. */
  embedding: Float32Array | null;
  /** The Pin is gone: its results are taken back. `version` is that of the deletion. */
  deleted: boolean;
}

export interface PinBatch {
  pins: Pin[];
}
