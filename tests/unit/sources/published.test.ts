import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { sha256 } from '../../../src/base/files.ts'
import { findSource, publishedAs, sources } from '../../../src/sources/published.ts'

const data = process.env['CAPTUNE_TEST_DATA'] ?? ''

describe('the list of published files', () => {
  it('has the hash that OpenAI wrote into the address of each CLIP', () => {
    for (const { files } of sources.filter(({ name }) => name.startsWith('clip ')))
      for (const { urls, sha256: hash } of files) expect(urls[0]).toContain(`/${hash}/`)
  })

  it('names every file once, with a whole SHA-256 and an https address', () => {
    const files = sources.flatMap((source) => source.files)
    expect(new Set(files.map(({ name }) => name)).size).toBe(files.length)
    for (const { urls, sha256: hash } of files) {
      expect(hash).toMatch(/^[0-9a-f]{64}$/)
      for (const url of urls) expect(new URL(url).protocol).toBe('https:')
    }
  })

  it.skipIf(data === '')('has sizes and hashes of the vocabularies as they are (needs CAPTUNE_TEST_DATA)', () => {
    for (const { name, bytes, sha256: hash } of findSource('vocabulary', undefined).files) {
      const content = readFileSync(join(data, 'vocabulary', name))
      expect([content.length, sha256(content)]).toEqual([bytes, hash])
    }
  })

  it('is searched as people write the names', () => {
    const large = findSource('clip', 'ViT-L/14')
    expect(large.files[0]!.name).toBe('ViT-L-14.pt')
    expect(findSource('clip', 'vit-l-14')).toBe(large)
    expect(findSource('clip', 'ViT-L-14-336px')).toBe(findSource('clip', 'ViT-L/14@336px'))
    expect(findSource('clip', 'ViT-L/14@336')).toBe(findSource('clip', 'ViT-L/14@336px'))
    expect(() => findSource('clip', 'RN50')).toThrow(/^get clip: there is no model "RN50"; one of ViT-B\/32, .* is needed\.$/)
    expect(() => findSource('clip', undefined)).toThrow(/^get clip: no model is named; one of ViT-B\/32, .* is needed\.$/)
    expect(() => findSource('gpt3', undefined)).toThrow(
      /^get: there is no "gpt3"; course, clip MODEL \(.*\), vocabulary or decoder /,
    )
  })

  it('knows whose a file is by its name, wherever it lies', () => {
    expect(publishedAs('/elsewhere/vocab.bpe')?.source.name).toBe('vocabulary')
    expect(publishedAs('weights/clip/ViT-B-32.pt')?.source.name).toBe('clip ViT-B/32')
    expect(publishedAs('weights/shapes/clip.safetensors')).toBeUndefined()
  })
})
