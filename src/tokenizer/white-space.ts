// What counts as white space differs between JavaScript and the two regular-expression modules of Python that the references use,
// so the patterns name it explicitly. Both strings stand inside a character class.

/** `\s` of Python's `regex` module: Unicode's White_Space. */
export const WHITE_SPACE = String.raw`\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000`

/** `\s` of Python's `re` module: the same and the four separators U+001C to U+001F. */
export const WHITE_SPACE_OF_RE = String.raw`\x1c-\x1f` + WHITE_SPACE
