// How long work reports where it is: plain data, so that it can cross a process boundary. Recipes emit, the command line draws.

export interface Progress {
  /** What is being done: "features of train", "epoch 2/4". A new phase begins a new line. */
  readonly phase: string
  readonly done: number
  readonly total: number
  /** What is counted: "images", "steps", "captions". */
  readonly unit: string
  /** More for the end of the line: "loss 1.234". */
  readonly detail?: string
}

export type Report = (progress: Progress) => void
