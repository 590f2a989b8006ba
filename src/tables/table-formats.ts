// What a table can be printed as; a file of its own, so that help loads no printers.

/** All formats, in the order in which help lists them: the endings of their files, and `plain` for the terminal. */
export const tableFormats = ['plain', 'md', 'tex', 'csv', 'html', 'typ', 'json'] as const
export type TableFormat = (typeof tableFormats)[number]
