// What the course grades with, and how long it waits.

/** The scripts that it runs, and its limit for each in minutes. */
export const minutesGranted = { 'hw3_1.sh': 10, 'hw3_2.sh': 40, 'hw3_download.sh': 20 } as const

export type Script = keyof typeof minutesGranted

export const scripts = Object.keys(minutesGranted) as readonly Script[]

/** The images that it labels and captions. */
export const gradedImages = { 'hw3_1.sh': 2500, 'hw3_2.sh': 1404 } as const
