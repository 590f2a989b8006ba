import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    exclude: ['tests/parity/full/**'],
    pool: 'forks', // native addons (onnxruntime, better-sqlite3) want a process of their own
    maxWorkers: 2,
    server: { deps: { external: [/\/dist\//] } }, // the compiled program runs as it is
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
