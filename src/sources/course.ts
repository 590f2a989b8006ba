// The course's own data (DLCV, fall 2023, homework 3): what its tree holds, and how students get it. It is given out as a zip on Google
// Drive, whose id stands in the assignment's `get_dataset.sh`; no size or hash of it is published.

/** Counts are of the tree that the course gives out. */
export const course = {
  /** Where configs look, relative to the checkout: what the zip makes when it is unpacked there. */
  folder: 'hw3_data',
  parts: ['p1_data', 'p2_data', 'p3_data'],
  classes: 50,
  labelled: 2500,
  train: 10_604,
  val: 1789,
  gallery: ['bike.jpg', 'girl.jpg', 'sheep.jpg', 'ski.jpg', 'umbrella.jpg'],
} as const

/** How to get the data, as lines for the terminal. */
export const courseInstructions = `The course gives its data out as a zip on Google Drive, which wants a browser or gdown:
  https://drive.google.com/file/d/11rP6KmR5Qwjhx0rfag0b5TZGBTRuPtQR
  pip install gdown && gdown 11rP6KmR5Qwjhx0rfag0b5TZGBTRuPtQR -O hw3_data.zip && unzip hw3_data.zip
Unpacked in the checkout it is where the configs look: hw3_data/{p1_data,p2_data,p3_data}.
From elsewhere:  captune get course --from FOLDER
Then:            captune get --check`
