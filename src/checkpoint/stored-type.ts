// The types of value that weights files store, under the names that safetensors gives them.

const bytesPerValue = { F64: 8, F32: 4, F16: 2, BF16: 2, I64: 8, I32: 4, I16: 2, I8: 1, U8: 1, BOOL: 1 } as const

/** How values are stored in the file. */
export type StoredType = keyof typeof bytesPerValue

export const storedTypes = Object.keys(bytesPerValue) as readonly StoredType[]

/** Bytes of one stored value. */
export function storedBytes(type: StoredType): number {
  return bytesPerValue[type]
}

export function isStoredType(text: string): text is StoredType {
  return Object.hasOwn(bytesPerValue, text)
}
