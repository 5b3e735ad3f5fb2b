/** @file Test runner: one configuration for all packages; imports of the workspace's own packages go to their sources. */
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

export default defineConfig({
  resolve: {
    alias: [
      { find: /^gradcam$/, replacement: source('packages/gradcam/src/index.ts') },
      { find: /^gradcam\/node$/, replacement: source('packages/gradcam/src/node/index.ts') },
      { find: /^gradcam\/web$/, replacement: source('packages/gradcam/src/web/index.ts') },
      { find: /^gradcam-models$/, replacement: source('packages/models/src/index.ts') },
    ],
  },
  test: {
    include: ['packages/*/src/**/*.test.ts', 'packages/*/test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
})
