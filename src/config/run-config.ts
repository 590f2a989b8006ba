// A run's configuration after defaults and overrides: the same tree as configs/schema.json, which is the only list of options.

export interface RunConfig {
  name: string
  data: DataConfig
  encoder: EncoderConfig
  decoder: DecoderConfig
  cross_attention: CrossAttentionConfig
  peft: PeftConfig
  train: TrainConfig
  decode: DecodeConfig
  evaluate: EvaluateConfig
  engine: EngineConfig
  seed: number
}

export interface DataConfig {
  /** Folder laid out as the course's: `p2_data/{images/{train,val},train.json,val.json}`. */
  root: string
}

export interface EncoderConfig {
  /** CLIP or ViT weights. */
  weights: string
  /** `all`: class token and patches; `patches`: without the class token. */
  tokens: 'all' | 'patches'
}

export interface DecoderConfig {
  weights: string
  /** Folder with `encoder.json` and `vocab.bpe`. */
  vocabulary: string
  dialect: 'course' | 'gpt2'
}

export interface CrossAttentionConfig {
  /** Every layer, or these (counted from 0). */
  layers: 'all' | number[]
  /** Inner width of queries, keys and values; a multiple of the decoder's heads. */
  width: number
  /** A tanh gate, zero at the start, on the output. */
  gate: boolean
}

export type PeftConfig =
  | { type: 'none' }
  | { type: 'lora'; rank: number; alpha: number; targets: string[]; rank_stabilised: boolean }
  | { type: 'adapter'; bottleneck: number; placement: 'houlsby' | 'pfeiffer'; activation: 'relu' | 'gelu' }
  | { type: 'prefix'; length: number; reparametrise: number }

export interface TrainConfig {
  epochs: number
  /** Images in a batch. */
  images: number
  /** Captions of each image in a batch: they share the image's keys and values. */
  captions: number
  lr: number
  /** Steps of linear warm-up; cosine decay to zero follows. */
  warmup: number
  /** AdamW's weight decay, on matrices only. */
  decay: number
  /** Largest global gradient norm; 0 = no clipping. */
  clip: number
  /** Epochs without a better score before training stops; 0 = never. */
  patience: number
  /** Tokens of a caption with its start and end; longer captions are cut. */
  max_length: number
  label_smoothing: number
}

export interface DecodeConfig {
  strategy: 'greedy'
  /** Tokens generated at most. */
  max_length: number
  /** Images decoded together. */
  batch: number
}

export interface EvaluateConfig {
  /** Epochs between evaluations on the subset. */
  every: number
  /** Validation images scored at each evaluation (a fixed sample). */
  subset: number
  /** The metric whose best value chooses the checkpoint. */
  best: 'subset/cider' | 'subset/clipscore'
  /** The CLIP that judges captions. */
  clip: { weights: string; vocabulary: string }
}

export interface EngineConfig {
  name: 'auto' | 'onnx' | 'wasm' | 'tensorflow'
  device: string
  threads: number
  precision: 'fp32'
}
