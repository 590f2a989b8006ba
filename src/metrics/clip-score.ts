// CLIPScore (Hessel et al. 2021) from embeddings: 2.5 max(cos, 0). The course's variant embeds the caption as it is, the paper's behind a prompt.

/** What the paper puts before a caption; the course puts nothing. */
export const paperPrompt = 'A photo depicts '

const weight = 2.5

/** CLIPScore of an image and a text embedding, neither of which needs unit length; 0 where one of them is zero. */
export function clipScore(image: ArrayLike<number>, text: ArrayLike<number>): number {
  return weight * Math.max(cosine(image, text), 0)
}

/** The cosine of two vectors; 0 where one of them is zero. */
export function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new Error(`cosine: vectors of ${a.length} and ${b.length} values`)
  let [product, squaresA, squaresB] = [0, 0, 0]
  for (let i = 0; i < a.length; i++) {
    product += a[i]! * b[i]!
    squaresA += a[i]! ** 2
    squaresB += b[i]! ** 2
  }
  const lengths = Math.sqrt(squaresA) * Math.sqrt(squaresB)
  return lengths === 0 ? 0 : product / lengths
}
