import { describe, expect, it } from 'vitest'
import { baselineText, comparisonTable, differencesText, scoreLine, type ComparedScore } from '../../../src/cli/score-report.ts'
import { baselineVerdicts } from '../../../src/metrics/baselines.ts'

const shown = (key: string, title: string, mean: number) => ({
  key,
  title,
  interval: { mean, low: mean - 0.1, high: mean + 0.1 },
})

function compared(low: number, high: number): ComparedScore {
  const difference = { mean: (low + high) / 2, low, high }
  const images = [
    { image: 'a', ours: 2, theirs: 0.5 },
    { image: 'b', ours: 1, theirs: 1 },
  ]
  return {
    ...shown('cider', 'CIDEr', 1.5),
    theirs: 0.75,
    comparison: { difference, ahead: 1, won: 0.5, tied: 0.5, lost: 0, images },
  }
}

describe('the line of the course', () => {
  it('has all digits of CIDEr and CLIPScore, and nothing else', () => {
    expect(
      scoreLine([shown('cider', 'CIDEr', 0.1 + 0.2), shown('bleu4', 'BLEU-4', 0.3), shown('clipscore', 'CLIPScore', 0.7)]),
    ).toBe('CIDEr: 0.30000000000000004 | CLIPScore: 0.7')
  })

  it('has the first score where neither was asked for', () => {
    expect(scoreLine([shown('bleu4', 'BLEU-4', 0.3), shown('rougeL', 'ROUGE-L', 0.4)])).toBe('BLEU-4: 0.3')
  })
})

describe('a comparison', () => {
  it('is decided where the interval lies on one side of zero, and fits into 80 columns', () => {
    const lines = [compared(0.1, 0.3), compared(-0.3, -0.1), compared(-0.1, 0.3)].map((score) =>
      comparisonTable([score]).split('\n'),
    )
    expect(lines.map((table) => /(A better|B better|open)$/.exec(table[2]!)?.[1])).toEqual(['A better', 'B better', 'open'])
    for (const line of lines.flat()) expect(line.length).toBeLessThanOrEqual(80)
  })

  it('shows the images that differ alone, and no control characters of captions', () => {
    const captions = { ours: { a: 'a \u001b[2Jdog', b: 'x' }, theirs: { a: 'a cat', b: 'x' } }
    expect(differencesText(compared(0.1, 0.3), captions, 5)).toBe(
      'Where CIDEr differs most:\na\n  A 2.000  a \ufffd[2Jdog\n  B 0.500  a cat',
    )
    expect(differencesText(compared(0.1, 0.3), captions, 0)).toBe('')
  })
})

describe('a baseline', () => {
  it('is told with what is lacking', () => {
    expect(baselineVerdicts({ cider: 0.85, clipscore: 0.7 }).map(baselineText)).toEqual([
      'simple baseline (CIDEr 0.80, CLIPScore 0.68): passed.',
      'strong baseline (CIDEr 0.89, CLIPScore 0.71): missed, by 0.0400 CIDEr and 0.0100 CLIPScore.',
    ])
    expect(baselineText(baselineVerdicts({ cider: 0.85 })[0]!)).toBe(
      "simple baseline (CIDEr 0.80, CLIPScore 0.68): CIDEr passed; the course's CLIPScore is not known.",
    )
  })
})
