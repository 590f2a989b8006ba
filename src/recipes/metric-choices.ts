// What `--metrics` chooses among; a file of its own, so that help loads nothing else.

export const metricChoices = ['cider', 'bleu', 'rouge', 'clip'] as const
export type MetricChoice = (typeof metricChoices)[number]
