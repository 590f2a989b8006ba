// A classification's configuration after defaults and overrides: the same tree as configs/classify.schema.json.
import type { DataConfig, EngineConfig } from './run-config.ts'

export interface ClassifyConfig {
  name: string
  /** Laid out as the course's: `p1_data/{id2label.json,val/{class}_{id}.png}`. */
  data: DataConfig
  clip: { weights: string; vocabulary: string }
  prompts: PromptsConfig
  engine: EngineConfig
}

export interface PromptsConfig {
  /** `{object}` or `{}` stands for the class name; several are an ensemble. */
  templates: string[]
}
