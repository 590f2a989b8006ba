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
  /** What features are computed in; the judge's are fp32 always. */
  precision: 'fp32' | 'int8'
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
  /** Trained tensors to start from: a file of ours or a LoRA adapter's folder; empty = from nothing. */
  start: string
}

export type DecodeConfig = {
  /** Tokens generated at most. */
  max_length: number
  /** Images decoded together. */
  batch: number
} & (GreedyConfig | BeamConfig | SampleConfig)

interface GreedyConfig {
  strategy: 'greedy'
}

interface BeamConfig {
  strategy: 'beam'
  beams: number
  /** The exponent of the length that a caption's log-probability is divided by. */
  length_penalty: number
  /** When a search ends that has as many finished captions as beams: at once, when a better one is unlikely, or when it is impossible. */
  early_stopping: boolean | 'never'
  /** No so many tokens in a row come twice; 0 = no such rule. */
  no_repeat_ngram: number
  /** Tokens generated at least before the end. */
  min_length: number
}

interface SampleConfig {
  strategy: 'sample'
  temperature: number
  /** Only so many of the likeliest tokens; 0 = all. */
  top_k: number
  /** Only the likeliest tokens that together have this probability. */
  top_p: number
  seed: number
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
  precision: 'fp32' | 'int8'
}
