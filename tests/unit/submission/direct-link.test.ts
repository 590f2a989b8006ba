import { describe, expect, it } from 'vitest'
import { directLink } from '../../../src/submission/direct-link.ts'

const drive = 'https://drive.usercontent.google.com/download?id=1AbC-d_9&export=download&confirm=t'

describe('a direct link', () => {
  it.each([
    'https://drive.google.com/file/d/1AbC-d_9/view?usp=sharing',
    'https://drive.google.com/file/d/1AbC-d_9/view?usp=drive_link',
    'https://drive.google.com/file/u/1/d/1AbC-d_9/edit',
    'https://drive.google.com/open?id=1AbC-d_9',
    'https://drive.google.com/uc?id=1AbC-d_9&export=download',
    'https://docs.google.com/uc?export=download&id=1AbC-d_9',
  ])('of Google Drive gives the file without asking about viruses: %s', (link) => {
    expect(directLink(link)).toBe(drive)
  })

  it('of an older file of Google Drive keeps its resource key', () => {
    expect(directLink('https://drive.google.com/file/d/1AbC-d_9/view?resourcekey=0-xyz')).toBe(`${drive}&resourcekey=0-xyz`)
  })

  it.each([
    ['https://www.dropbox.com/s/abc123/trained.pt?dl=0', 'https://www.dropbox.com/s/abc123/trained.pt?dl=1'],
    ['https://www.dropbox.com/s/abc123/trained.pt', 'https://www.dropbox.com/s/abc123/trained.pt?dl=1'],
    [
      'https://www.dropbox.com/scl/fi/q1/trained.pt?rlkey=k2&st=z&dl=0',
      'https://www.dropbox.com/scl/fi/q1/trained.pt?rlkey=k2&st=z&dl=1',
    ],
    ['https://dropbox.com/s/abc123/trained.pt?raw=1', 'https://dropbox.com/s/abc123/trained.pt?dl=1'],
  ])('of Dropbox keeps the permission and asks for the file: %s', (link, direct) => {
    expect(directLink(link)).toBe(direct)
  })

  it.each([
    'https://example.org/trained.safetensors',
    'https://drive.google.com/drive/folders/1AbC',
    'https://notdropbox.com/s/abc?dl=0',
    directLink('https://drive.google.com/open?id=1AbC-d_9'),
  ])('is already what it is: %s', (link) => {
    expect(directLink(link)).toBe(link)
  })
})
