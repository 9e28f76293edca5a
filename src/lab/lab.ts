// What a lab is: a paper's claim, rerun by a command that says whether it held.

/** What a run of a lab is told. */
export interface LabOptions {
  /** The paper's size rather than one of minutes. */
  readonly full: boolean;
  /** A size of seconds, for tests: the verdict still means something. */
  readonly smoke: boolean;
  readonly seed: number;
  readonly threads: number;
  /** A folder of data, for labs that can use some. */
  readonly data?: string;
  readonly signal?: AbortSignal;
  /** Told now and then what is being done: a line without a period. */
  readonly onProgress?: (text: string) => void;
}

/** One row of numbers; a CSV file is written of them. Null where nothing was measured. */
export type Figures = Readonly<Record<string, number | string | boolean | null>>;

export interface LabResult {
  /** Whether the claim held here. */
  readonly held: boolean;
  /** The verdict in a sentence or two, with the numbers it rests on. */
  readonly verdict: string;
  /** What was measured, one row a case. */
  readonly figures: readonly Figures[];
  /** The picture, as text. */
  readonly svg: string;
}

/** One experiment. One a file; table.ts lists them. */
export interface Lab {
  /** What `logdet lab NAME` is called with. */
  readonly name: string;
  /** The claim, as a sentence that may be true or false. */
  readonly claim: string;
  /** Where it is made. */
  readonly source: string;
  /** How long a run takes on two threads, roughly: "2 min". */
  readonly duration: string;
  run(options: LabOptions): Promise<LabResult>;
}
