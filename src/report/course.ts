// What the course asks of the report, in its order: section, and the question that the student answers in words.

export interface Section {
  readonly id: string
  readonly problem: 1 | 2 | 3
  readonly title: string
  /** The student's own file below report/text/, and what is to be written there; undefined where figures are the whole answer. */
  readonly text: { readonly file: string; readonly question: string }
}

export const problems: Readonly<Record<Section['problem'], string>> = {
  1: 'Zero-shot image classification with CLIP',
  2: 'Image captioning with parameter-efficient fine-tuning',
  3: 'What the captions look at',
}

export const sections: readonly Section[] = [
  {
    id: '1.1',
    problem: 1,
    title: 'Methods analysis',
    text: {
      file: '1-1-methods.typ',
      question:
        'Why does CLIP classify images of data sets it was never trained on, where a network trained for one task (VGG, ResNet) must be trained again for each?',
    },
  },
  {
    id: '1.2',
    problem: 1,
    title: 'Prompt-text analysis',
    text: {
      file: '1-2-prompts.typ',
      question: 'Compare the accuracies of the three prompts, and discuss why they differ.',
    },
  },
  {
    id: '1.3',
    problem: 1,
    title: 'Quantitative analysis: the five most similar classes of three images',
    text: {
      file: '1-3-top-5.typ',
      question: 'What do the five most probable classes of each image have in common? Where is CLIP unsure, and why?',
    },
  },
  {
    id: '2.1',
    problem: 2,
    title: 'The best setting',
    text: {
      file: '2-1-best-setting.typ',
      question: 'What was decided for this setting and what was tried before it: encoder, PEFT, learning rate, decoding?',
    },
  },
  {
    id: '2.2',
    problem: 2,
    title: 'Three attempts of PEFT',
    text: {
      file: '2-2-attempts.typ',
      question: 'Describe the three attempts, and explain the differences between their scores.',
    },
  },
  {
    id: '3.1',
    problem: 3,
    title: 'Captions and attention maps of the five test images',
    text: {
      file: '3-1-five-images.typ',
      question: 'Say in a sentence for each image what the caption gets right and wrong.',
    },
  },
  {
    id: '3.2',
    problem: 3,
    title: 'The best and the worst pair of image and caption by CLIPScore',
    text: {
      file: '3-2-best-and-worst.typ',
      question: 'What makes CLIP score the one so high and the other so low?',
    },
  },
  {
    id: '3.3',
    problem: 3,
    title: 'Analysis',
    text: {
      file: '3-3-analysis.typ',
      question:
        'Is the caption reasonable? Does the region that a word attends to show what the word says? Go through words of the images above.',
    },
  },
]

/** The prompts that the course wants compared. */
export const coursePrompts: readonly string[] = [
  'This is a photo of {object}',
  'This is not a photo of {object}',
  'No {object}, no score.',
]

/** The commands that make attempts and prompts, on the data of the report's best run. */
export function studiesOn(root: string | undefined): { readonly attempts: string; readonly prompts: string } {
  const [hw3, shapes, prompts] = ['hw3', 'shapes', 'prompts'].map((name) => `./captune study experiments/${name}/study.yaml`)
  const clip = 'clip.weights=weights/clip/ViT-L-14.pt clip.vocabulary=weights/vocabulary/bpe_simple_vocab_16e6.txt.gz'
  if (root === 'hw3_data') return { attempts: hw3!, prompts: `${prompts} data.root=hw3_data ${clip}` }
  const elsewhere = root === undefined || root === 'data/shapes' ? '' : ` data.root=${root}`
  return { attempts: `${shapes}${elsewhere}`, prompts: `${prompts}${elsewhere}` }
}

/** How many of each the course wants. */
export const wanted = { attempts: 3, topFiveImages: 3, testImages: 5 } as const

/** Parameters that may be trained. */
export const trainedLimit = 35_000_000
