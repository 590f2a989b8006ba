// What others published for the course's task, 1 789 validation photographs: their numbers, from their code, never ranked with ours.

export interface PublishedResult {
  readonly encoder: string
  readonly method: string
  readonly decoding: string
  readonly cider: number
  readonly clipscore: number
  /** Undefined where only "less than 35 million" is known. */
  readonly trained?: number
}

export const publishedResults: readonly PublishedResult[] = [
  { encoder: 'ViT-L/14', method: 'adapter 384 x 2', decoding: 'greedy', cider: 0.964, clipscore: 0.733 },
  { encoder: 'ViT-L/14@336', method: 'adapter 354', decoding: 'beam 5', cider: 0.943, clipscore: 0.717 },
  { encoder: 'ViT-H/14', method: 'adapter 32', decoding: 'greedy', cider: 0.936, clipscore: 0.728 },
  { encoder: 'ViT-L/14', method: 'LoRA rank 32', decoding: 'beam 5', cider: 0.9225, clipscore: 0.719, trained: 33.85e6 },
  { encoder: 'ViT-L/14', method: 'prompt 64', decoding: 'beam 5', cider: 0.909, clipscore: 0.72, trained: 29.18e6 },
  { encoder: 'ViT-H/14', method: 'LoRA', decoding: 'greedy', cider: 0.897, clipscore: 0.717 },
  { encoder: 'ViT-L/14', method: 'LoRA rank 8', decoding: 'greedy', cider: 0.861, clipscore: 0.722, trained: 30.32e6 },
  { encoder: 'ViT-H/14', method: 'prefix', decoding: 'greedy', cider: 0.843, clipscore: 0.7 },
  { encoder: 'ViT-L/14', method: 'prompt 64', decoding: 'greedy', cider: 0.834, clipscore: 0.721, trained: 29.18e6 },
]

export interface PublishedAccuracy {
  readonly prompts: string
  readonly accuracy: number
}

/** Zero-shot with ViT-L/14 on 2 500 photographs of 50 classes. */
export const publishedAccuracies: readonly PublishedAccuracy[] = [
  { prompts: 'This is a photo of {object}', accuracy: 0.678 },
  { prompts: 'This is not a photo of {object}', accuracy: 0.695 },
  { prompts: 'No {object}, no score.', accuracy: 0.457 },
  { prompts: 'a photo of a {object}', accuracy: 0.814 },
  { prompts: '18 templates', accuracy: 0.825 },
]
