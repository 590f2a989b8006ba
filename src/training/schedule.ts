/**
 * The learning rate of step `n`, counted from 0: linear from 0 to `peak` over `warmup` steps, then half a cosine down to 0 at `total`:
 * peak n / warmup, then peak (1 + cos(pi (n - warmup) / (total - warmup))) / 2. Equal to transformers' `get_cosine_schedule_with_warmup`.
 */
export function warmupCosine(n: number, { peak, warmup, total }: { peak: number; warmup: number; total: number }): number {
  if (n < warmup) return (peak * n) / Math.max(1, warmup)
  const progress = (n - warmup) / Math.max(1, total - warmup)
  return peak * Math.max(0, 0.5 * (1 + Math.cos(Math.PI * progress)))
}
